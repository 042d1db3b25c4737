"""Usual first names, with which somebody is called even where articles are named like people."""

import unicodedata
from functools import cache

from processors.redact.vocabulary.familiar import FAMILIAR, GIVEN_NAMES, SPOKEN_NAMES, WORDLIKE_NAMES

SURNAMES = frozenset(
    """
    smith jones johnson williams miller davis garcia garc\u00eda rodriguez rodr\u00edguez martinez mart\u00ednez hernandez lopez
    l\u00f3pez gonzalez gonz\u00e1lez perez p\u00e9rez sanchez s\u00e1nchez wilson anderson taylor thompson robinson clarke wright
    evans edwards roberts murphy kelly sullivan m\u00fcller mueller schmidt schmitt schneider fischer meyer meier maier weber
    wagner becker schulz schulze hoffmann hofmann sch\u00e4fer koch bauer richter schr\u00f6der neumann zimmermann kr\u00fcger
    hartmann lehmann dupont durand dubois lefebvre leroy moreau petit girard bonnet fontaine fern\u00e1ndez
    """.split()  # noqa: SIM905 - one word a line would be a page
)
_FURTHER_FIRST = frozenset(
    """
    adelheid agata agnes agnieszka ahmed ahmet aleksandra alfred ali alma amina amir andre andrej andres anselm antje
    arnaud arne artur ayse axel bastian bartosz benedikt benoit bente bertha bodo boris bozena bronwen burkhard cecile celine cem
    chantal clemens consuelo corinne cornelia dagmar damien dariusz deepak denise detlef dieter dietmar dietrich dirk dolores
    dominique dorothea edith eduardo egon elif elke ellen emilio enrique erich erika ernesto esteban esther etienne eugen
    eva ewa fabian fabrice fatma felipe ferdinand florent florian francine francois franz franziska frederic friedrich
    fritz gabriele gaston gerda gerhard gerd gerard gertrud gilles gisela gonzalo gottfried grazyna gregor guillaume guillermo
    gunter gustav gustave guy hakan halina hamza hannelore hans harald hartmut hassan hedwig heike heiko heinrich heinz
    helga helmut henri herbert hermann hilde holger horst hubert hugo ibrahim ignacio ilse imran inge ingeborg inga irena
    irina irmgard isabel ivan jadwiga jakob jan janusz jaroslaw jens jerome jerzy joachim joaquin jochen johanna johannes
    jorg jorge jose josef josefa juan juergen jurgen juliane jutta kaethe kamil karim karin karl karla karsten kathrin
    khalid klaus konrad krzysztof kurt lara laszlo lena leonie lieselotte lorenzo lothar lotte lucia lucie ludwig luis lukas
    lutz magdalena malgorzata manfred manuela marcel marco marek margarete margarita marianne mariusz marta mateusz mathieu
    matteo mehmet michal mikhail miguel mohamed mohammed moritz mustafa nadine natalia nicole nikolai norbert olaf olga oliver
    omar otto pablo pascal patrice paula pawel pedro philipp pierre piotr priya rafael raimund rainer raj ralf ramon raul
    reinhard rene ricardo rodrigo roland rolf rosa rosalind rosario rudolf ruediger rudiger salma sandrine santiago sara
    sergei sergio severine siegfried siegrid silke silvia simone siobhan slawomir solange sonja stanislaw steffen sven sylvain
    sylvia tadeusz tanja tatiana teresa thandiwe theresa tomasz torben traudl ulf ulla urs ursula uschi vladimir waltraud
    wanda werner wieslaw wilfried wojciech xenia yasmin adele adriana agathe ainhoa albrecht aldo alfonso alfredo aline alois amara
    amaya amelie anais anastasia andrzej angelika angelo anneliese annelie annemarie annie anouk apolline arianna armand
    armin arnold arturo augusto baptiste barnaby bastien begona benito benno berit bernadette berthold bettina blanca boguslaw
    brigitte bruce burak calum carlotta carsten caspar catalina cathleen christa christel christelle christiane
    ciara clarence clarissa claus colette conny cordula corentin cosima curtis cyril daria dario delphine derek desmond detlev diego
    dietlinde dilek dina domingo dominik donald dorian doris dorota douglas duncan eberhard edeltraud edgar edmund edouard
    edward edwin eileen ekaterina eleanor eleonora elias eliane elisa elise elodie eloise elsa emil emile emma emmanuel
    emre engelbert enzo erwin estefania estelle eugene eugenia evelyn ewald fabienne fabio fabiola fanny faruk fatih
    federico felicitas felix fiona flavia florentin frederick frieda fumiko gabriel gabriela genevieve geoffrey geraldine
    german gianni giovanni giulia giuseppe gloria goran gordon graham gregory grigori gudrun gunther gwendolyn halil hannes harry
    harvey hasan hector heather hendrik henning henrietta henrik henry hiroshi howard hugh huseyin ian ignaz igor imelda ines
    inigo ivana ivonne jacob jacqueline jacques jaime james jana jane janet janina jared jason javier jeanne jeffrey
    jennifer jeremy jessica joanna joel joelle johann john jonas jordi josephine joshua josie juana judith justin kai
    karen karl-heinz karolina kaspar katarzyna katharina katja keiko keith kenneth kerstin kilian kirsten konstantin
    kristin krystyna larissa laura laurence lea leandro leila leo leonard leonardo leonhard leopold liam lidia lieven
    liliana lina linus lisa lorena louis louise luca luc lucas lucien lucinda ludivine ludmila ludmilla luigi luisa lydia mads
    magnus malte mandy marcin marc marcus margot maria mario marius markus marlene marlies marvin mathilde matilda maud
    maurice maxime mechthild melanie melissa michele mikael milena milos mirela miriam mirko mohammad
    monique montserrat nadja naomi natascha nathan ndidi nele nico niklas nils noelia noemi nora nuria octavio oksana olivia
    oscar oskar oswald ottilie pamela patrick paul pauline pawel pekka percy peter philip philippe phoebe piero quentin quintin
    ramona raphael raquel raymond rebecca regina reinhold renata renate ricarda rita rocio roger rolando romain roman ronald
    rosalie rosemarie roswitha ruben ruth ryan sabrina samira samuel sandra sascha saskia sean sebastien selina
    serge sergey sibylle simon sina solveig sonia stefan stefania stefanie stephan stephane stephanie steve
    susana svenja svetlana sybille tamara tariq tatjana theodora thibault thilo timo tobias toni trevor tristan tuncay udo
    ulises ute valerie veit vera verena veronique vicky viktoria vincenzo viviane wiebke wilfred wilma winfried xaver yann
    yannis yelena yesim yuki yuri yusuf yasmin yves yvette zofia zoltan gareth bogdan
    """.split()  # noqa: SIM905 - one word a line would be six pages
)
"""Usual first names of the languages that knowledge is written in, beside those that requests are searched for."""

_PLACES = frozenset({"carolina", "florence", "georgia", "jordan", "paris", "victoria", "virginia"})


def is_first(word: str) -> bool:
    """Whether a word, or what hyphens join in it, is a usual first name and nothing else."""
    return any(_bare(part) in _first_names() for part in word.lower().split("-"))


def _bare(word: str) -> str:
    """Return a word without accents, with which names are written or not."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter)
    )


@cache
def _first_names() -> frozenset[str]:
    return frozenset(
        map(_bare, (GIVEN_NAMES | _FURTHER_FIRST) - SURNAMES - FAMILIAR - WORDLIKE_NAMES - _PLACES)
    ) | (SPOKEN_NAMES & GIVEN_NAMES)
