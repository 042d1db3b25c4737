"""Made-up people, places and companies, composed from small lists of their own so that few of them repeat."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize

from tests.bench.redaction_numbers import patterned


@dataclass(frozen=True)
class Origin:
    """How people of one part of the world are called, and how addresses there are written.

    Attributes:
        heads: how family names begin.
        tails: how they end.
        addresses: as for `patterned`, with {road} and {town}.
        roads: names of roads.
        postcodes: as for `patterned`.
    """

    given: Sequence[str]
    heads: Sequence[str]
    tails: Sequence[str]
    addresses: Sequence[str]
    roads: Sequence[str]
    towns: Sequence[str]
    postcodes: Sequence[str]


def _words(listed: str) -> Sequence[str]:
    return listed.split()


_BRITISH = Origin(
    _words("Imogen Callum Philippa Rhys Tamsin Alistair Winifred Desmond Gwen Barnaby Rosalind Hugh"),
    _words("Ash Thorn Wex Hart Pem Hollin Stan Lang Whit Brad Cald Ems"),
    _words("combe worth ley ford bury wick shaw ridge bourne dale"),
    ("{1-9}# {road}, {town}", "Flat #, {1-9}# {road}", "{1-9} {road}", "The Old Forge, {road}, {town}"),
    ("Wexcombe Lane", "Tanners Row", "St Aldhelm's Close", "Quarry Hill", "Beacon Crescent", "Ferry Road"),
    ("Shrewsbury", "Hexham", "Swindon", "Aberystwyth", "Dundee", "Newquay"),
    ("SY# {1-9}@@", "NE## #@@", "W1@ {1-9}@@", "DD# #@@"),
)
_AMERICAN = Origin(
    _words("Darnell Kaylee Brandon Shanice Wyatt Marlene Tyrone Skyler Eugene Peggy Dwight Loretta"),
    _words("Hender Good Mc All Under Black Brook Win Van Rook"),
    _words("son win Carty bright wood mire field stead dyke hart"),
    (
        "{1-9}### {road}",
        "{1-9}## {road}, Apt #@",
        "{1-9}## {road}, {town}",
        "{1-9}#### {road}, Suite {1-9}##",
        "PO Box {1-9}###, {town}",
    ),
    ("Maple Hollow Rd", "E Sycamore Ave", "County Road 14", "Larkspur Blvd", "N 52nd St", "Pinecrest Dr"),
    ("Tulsa", "Duluth", "Boise", "Chattanooga", "Yuma", "Poughkeepsie"),
    ("{1-9}####", "{1-9}####-####", "8####"),
)
_GERMAN = Origin(
    _words("Heike Jürgen Annegret Thorsten Sabine Ulrich Mareike Detlef Kerstin Volker"),
    _words("Schön Hoff Klein Berg Wald Stein Kirch Lind Ober Neu"),
    _words("mann auer hoff bauer meyer brunner hagen becker"),
    ("{road} {1-9}#", "{road} {1-9}@, {town}", "{road} {1-9}, {town}"),
    ("Ahornweg", "Lindenstraße", "Am Alten Markt", "Goethestr.", "Bahnhofplatz", "Untere Gasse"),
    ("Kassel", "Rostock", "Regensburg", "Bregenz", "Winterthur", "Görlitz"),
    ("{1-9}####", "D-{1-9}####", "A-{1-9}###"),
)
_FRENCH = Origin(
    _words("Solène Thibault Maëlys Gaspard Bérengère Loïc Capucine Fabrice Odile Yannick"),
    _words("Beau Du Mont Le Char Ville Roch Saint- Gran Lam"),
    _words("champ rand pont tier neuve bois lac bert"),
    ("{1-9}# {road}", "{1-9} bis {road}, {town}", "{1-9} {road}, {town}"),
    ("rue des Tilleuls", "avenue du Moulin", "place Saint-Roch", "chemin de la Croix", "quai des Bateliers"),
    ("Limoges", "Perpignan", "Namur", "Quimper", "Lausanne"),
    ("{1-9}####", "CH-1###"),
)
_SPANISH = Origin(
    _words("Rocío Gonzalo Nuria Ximena Álvaro Pilar Ignacio Marisol Ramón Itzel"),
    _words("Carran Villa Montes Quin Ver Sando Bena Rodri Fer Zaba"),
    _words("za nueva inos tero dugo val vides guez nández leta"),
    ("{road} {1-9}#, {1-9}º B", "{road} {1-9}#, {town}", "{road} #{1-9}##, Col. Centro, {town}"),
    ("Calle de la Encina", "Avenida Libertad", "Paseo del Río", "Plaza Mayor", "Calle 8 de Julio"),
    ("Albacete", "Gijón", "Oaxaca", "Rosario", "Arequipa"),
    ("{1-9}####", "C{1-9}###@@@"),
)
_ITALIAN = Origin(
    _words("Ludovica Ettore Ginevra Salvatore Ornella Duccio Fiammetta Renzo"),
    _words("Bel Monta Casta Vent Ros Campo Ferr Trevi"),
    _words("lini gnoli ldi ura setti basso aro san"),
    ("{road} {1-9}#", "{road} {1-9}, {town}"),
    ("Via dei Cedri", "Corso Garibaldi", "Piazza del Duomo", "Viale Europa"),
    ("Ferrara", "Lecce", "Udine", "Messina"),
    ("{1-9}####",),
)
_NORDIC = Origin(
    _words("Sigrid Håkon Linnea Björn Aino Eetu Freja Asger Ragnhild Torvald"),
    _words("Lind Hol Öst Sand Kors Grön Dal Nor"),
    _words("qvist gaard berg ström mark lund vik näs"),
    ("{road} {1-9}#", "{road} {1-9}@, {town}"),
    ("Björkgatan", "Storgata", "Nørre Allé", "Kauppakatu", "Skolegade"),
    ("Umeå", "Tromsø", "Aalborg", "Tampere"),
    ("{1-9}## ##", "{1-9}###", "SE-{1-9}## ##"),
)
_SLAVIC = Origin(
    _words("Zbigniew Kasia Milica Bohdan Ludmila Radek Zoryana Vesna Jarosław Oksana"),
    _words("Kowal Nowak Petr Wiśn Dvor Horv Marko Shev Zielin Kras"),
    _words("ski ović iewski enko ák ova ewicz chuk"),
    ("{road} {1-9}#/{1-9}", "{road} {1-9}, {town}"),
    ("ul. Lipowa", "ul. Długa", "Masarykova", "Ilica", "vul. Sadova"),
    ("Lublin", "Olomouc", "Osijek", "Lviv", "Novi Sad"),
    ("##-###", "{1-9}## ##"),
)
_ARABIC = Origin(
    _words("Huda Tariq Nawal Bilal Samira Idris Rania Walid Zaynab Mahdi"),
    _words("Al-Mans El-Shar Ben-Kha Al-Rash Had Bou Al-Far Sul"),
    _words("our awi lil idi dad aziz isi aimani"),
    ("{1-9}# {road}, {town}", "Villa {1-9}#, {road}", "Building {1-9}##, {road}, {town}"),
    ("Al Wasl Street", "Rue Ibn Khaldoun", "King Faisal Road", "El Nasr Street"),
    ("Sharjah", "Sfax", "Amman", "Alexandria"),
    ("{1-9}####",),
)
_INDIAN = Origin(
    _words("Ananya Harpreet Venkat Sunita Rohan Lakshmi Devika Arjun Kavita Gurpreet"),
    _words("Rama Chandra Sub Krishna Bhatt Vish Desh Mukh"),
    _words("nathan sekhar ramaniam murthy acharya wanathan pande erjee"),
    ("Plot {1-9}#, {road}, {town}", "{1-9}#/# {road}", "Flat {1-9}0#, {road}, {town}"),
    ("3rd Cross, Vidya Nagar", "Gandhi Marg", "Lake View Road", "Sector 21"),
    ("Nagpur", "Coimbatore", "Ludhiana", "Mysuru"),
    ("{1-9}#####", "{1-9}## ###"),
)
_EAST_ASIAN = Origin(
    _words("Haruto Mei-Ling Jiho Sakura Xiaoming Yuki Minh-Anh Seo-yeon Wei Kenji"),
    _words("Taka Yama Naka Mori Huang Oku Fuji Ishi"),
    _words("hashi moto mura shima - da saki wara"),
    ("{1-9}-{1-9}#-# {road}", "{1-9}# {road}, {town}", "Unit {1-9}0#, {1-9} {road}"),
    ("Higashimachi", "Sakaemachi", "Nanjing West Road", "Teheran-ro", "Lê Lợi Street"),
    ("Nagoya", "Chengdu", "Busan", "Kaohsiung", "Da Nang"),
    ("{1-9}##-####", "{1-9}#####"),
)
_AFRICAN = Origin(
    _words("Chidi Ngozi Kwabena Thandiwe Folasade Tendai Abebe Wanjiru Sipho Adaeze"),
    _words("Ade Oko Nkru Mwan Dlam Onye Ogun Mut"),
    _words("yemi ro mah gi ini kachi bayo asa"),
    ("{1-9}# {road}, {town}", "House {1-9}, {road}", "{1-9}# {road}"),
    ("Adeola Odeku Street", "Kenyatta Avenue", "Oxford Street Extension", "Bole Road"),
    ("Ibadan", "Kumasi", "Nakuru", "Bulawayo"),
    ("{1-9}#####", "{1-9}####"),
)
_DUTCH = Origin(
    _words("Marijke Sjoerd Fenna Joost Anouk Ruben Liesbeth Thijs"),
    ("van der ", "de ", "van den ", "ten ", "O'", "Fitz"),
    _words("Meulen Velde Haar Broek Dam Linden Kamp Heide"),
    ("{road} {1-9}#", "{road} {1-9}# hs, {town}"),
    ("Lindelaan", "Oude Gracht", "Markt", "Molenstraat"),
    ("Zwolle", "Leuven", "Breda", "Middelburg"),
    ("{1-9}### @@", "{1-9}###"),
)
_PLAIN = Origin(
    _words("Grace Mark Will Hope Rose Dawn Jack Faith Bill Penny Art Summer Drew Robin Sandy June"),
    _words(
        "Young Banks Park Rivers Long Small Fields Stone Page Day Church Snow Bell West Price Cook Best Love"
    ),
    ("-",),
    ("{1-9}# {road}, {town}", "{1-9}## {road}", "{1-9}# {road}"),
    ("Station Road", "Main Street", "The Green", "Mill Lane", "Broadway", "King Street"),
    ("Bath", "Reading", "Nice", "Mobile", "Orange", "Split", "Hull"),
    ("BA# {1-9}@@", "{1-9}####"),
)
"""People and places called as ordinary words are."""

_BRIEF = Origin(
    _words("Li Bo Jin An Lu Ng My Ah Su Min Hua Vy"),
    _words("Wu Kim Cho Le Vo Xu Oh Ma Ho Im"),
    ("-",),
    ("Block {1-9}##, {road} #{1-9}-{1-9}#", "{1-9}# {road}"),
    ("Clementi Ave 3", "Bukit Timah Rd", "Jalan Sultan", "Ang Mo Kio St 21"),
    ("Ipoh", "Hue", "Jinan", "Ulsan"),
    ("{1-9}#####", "S({1-9}#####)"),
)
ORIGINS = (
    *(_BRITISH, _BRITISH, _AMERICAN, _AMERICAN, _AMERICAN, _PLAIN, _PLAIN, _DUTCH, _BRIEF),
    *(_GERMAN, _FRENCH, _SPANISH, _ITALIAN, _NORDIC, _SLAVIC, _ARABIC, _INDIAN, _EAST_ASIAN, _AFRICAN),
)
"""Some more often, as the texts are English."""

_COUNTRIES = (
    *(
        "Portugal",
        "Uruguay",
        "Kenya",
        "Malaysia",
        "Latvia",
        "Peru",
        "Jordan",
        "New Zealand",
        "the Netherlands",
    ),
    *("Ecuador", "Iceland", "Vietnam", "Ghana", "Austria", "Chile"),
)
_NATIONALITIES = (
    *("Portuguese", "Kenyan", "Latvian", "Peruvian", "Jordanian", "Dutch", "Icelandic", "Vietnamese"),
    *("Ecuadorian", "Malaysian"),
)
_COMPANY_HEADS = _words("Nor Vex Bright Alder Quanta Silver Hel Tri Cobalt Orin Meri Stral")
_COMPANY_TAILS = _words("vexa well gate ium stone mark lis don tec via")
_COMPANY_TRADES = _words(
    "Logistics Analytics Foods Insurance Motors Holdings Software Textiles Energy Pharma"
)
_COMPANY_FORMS = ("Ltd", "Inc.", "GmbH", "S.A.", "LLC", "plc", "B.V.", "AG")
_MAIL_HOSTS = _words("postbox quickmail inboxly webpost mailhaus letterbird")
_ENDINGS = ("com", "net", "org", "io", "co.uk", "de", "fr", "eu", "in", "com.br")
_SHAPES = (
    *("{given}.{family}", "{given}{family}", "{initial}{family}", "{family}.{given}", "{given}_{number}"),
    *("{given}.{family}{number}", "{initial}.{family}"),
)
_TITLES = ("Mr.", "Mrs.", "Ms.", "Dr.", "Prof.", "Mr", "Ms", "Dr", "Sir", "Mx.")


@dataclass(frozen=True)
class Person:
    given: str
    family: str

    @property
    def whole(self) -> str:
        return f"{self.given} {self.family}"


def origin(dice: random.Random) -> Origin:
    """Return a part of the world."""
    return dice.choice(ORIGINS)


def person(dice: random.Random, home: Origin) -> Person:
    """Return somebody from there."""
    given = dice.choice(home.given)
    if dice.random() < 0.1:
        given += f" {dice.choice(home.given)[0]}."
    return Person(given, _family(dice, home))


def _family(dice: random.Random, home: Origin) -> str:
    return (dice.choice(home.heads) + dice.choice(home.tails)).strip("-")


def street(dice: random.Random, home: Origin) -> str:
    """Return a house in a road there, at times with its town."""
    pattern = dice.choice(home.addresses).replace("{road}", dice.choice(home.roads))
    return patterned(dice, pattern.replace("{town}", dice.choice(home.towns)))


def address(dice: random.Random, home: Origin) -> str:
    """Return all that an envelope says below the name, on one line or several."""
    pattern = dice.choice([each for each in home.addresses if "{town}" not in each])
    house = patterned(dice, pattern.replace("{road}", dice.choice(home.roads)))
    place = f"{postcode(dice, home)} {town(dice, home)}"
    return dice.choice((", ", ", ", "\n")).join((house, place))


def postcode(dice: random.Random, home: Origin) -> str:
    """Return a postal code as they look there."""
    return patterned(dice, dice.choice(home.postcodes))


def town(dice: random.Random, home: Origin) -> str:
    """Return a town there."""
    return dice.choice(home.towns)


def country(dice: random.Random) -> str:
    """Return a country."""
    return dice.choice(_COUNTRIES)


def nationality(dice: random.Random) -> str:
    """Return what people of a country are called."""
    return dice.choice(_NATIONALITIES)


def title(dice: random.Random) -> str:
    """Return how somebody is addressed."""
    return dice.choice(_TITLES)


def company(dice: random.Random, home: Origin) -> str:
    """Return a firm, invented or called after its owners."""
    head = dice.choice(_COMPANY_HEADS) + dice.choice(_COMPANY_TAILS)
    forms = (
        f"{head} {dice.choice(_COMPANY_TRADES)}",
        f"{head} {dice.choice(_COMPANY_FORMS)}",
        f"{head} {dice.choice(_COMPANY_TRADES)} {dice.choice(_COMPANY_FORMS)}",
        f"{_family(dice, home)} & {_family(dice, home)}",
        f"{_family(dice, home)} and Sons",
    )
    return dice.choice(forms)


def mail(dice: random.Random, who: Person) -> str:
    """Return an e-mail address made from a name, in ASCII."""
    given, family = _plain(who.given.split()[0]), _plain(who.family)
    shape = dice.choice(_SHAPES)
    local = shape.format(given=given, family=family, initial=given[0], number=dice.randint(1, 99))
    return f"{local}@{dice.choice(_MAIL_HOSTS)}.{dice.choice(_ENDINGS)}"


def handle(dice: random.Random, who: Person) -> str:
    """Return what somebody is called in a chat."""
    given, family = _plain(who.given.split()[0]), _plain(who.family)
    return dice.choice(
        (f"@{given}_{family}", f"@{given}{dice.randint(1, 99)}", f"@{family}{given[0]}", f"@the_{given}")
    )


def site(dice: random.Random) -> str:
    """Return a web site, with a scheme and a path or without."""
    host = f"{dice.choice(_COMPANY_HEADS)}{dice.choice(_COMPANY_TAILS)}.{dice.choice(_ENDINGS)}".lower()
    path = dice.choice(("profile", "u", "team", "about-us")) + f"/{dice.randint(100, 99999)}"
    return dice.choice(
        (host, f"www.{host}", f"https://{host}", f"https://www.{host}/{path}", f"http://{host}/{path}")
    )


_UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "ß": "ss"})


def _plain(name: str) -> str:
    decomposed = normalize("NFD", name.lower().translate(_UNDECOMPOSED))
    return "".join(character for character in decomposed if character.isascii() and character.isalnum())
