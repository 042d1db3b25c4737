"""Words that a shop's customers capitalise without naming anybody, and first names that are."""

FAMILIAR = frozenset(
    """
    i ok okay eu uk us usa usd eur gbp chf id ids pdf png jpg jpeg zip csv usb hdmi led lcd oled ssd hdd ram cpu gpu
    wifi wlan bluetooth nfc qr sms mms iban bic vat mwst ust tva iva faq asap rma sku ean isbn app apps api url urls
    html css json xml http https www email emails e-mail mail webshop online-shop onlineshop hotline chatbot
    paypal klarna visa mastercard maestro amex giropay sofort ideal bizum sepa stripe applepay googlepay
    dhl ups fedex dpd gls hermes usps tnt chronopost colissimo correos seur mrw amazon ebay google apple android ios
    iphone ipad macbook windows linux samsung huawei xiaomi sony chrome firefox safari edge facebook instagram
    whatsapp twitter youtube tiktok
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun
    xs xl xxl xxxl cm mm kg ml db kwh gb tb mb hz mhz ghz mah
    english german french spanish italian dutch portuguese european british american
    deutsch englisch franz\u00f6sisch spanisch fran\u00e7ais anglais allemand espagnol espa\u00f1ol ingl\u00e9s alem\u00e1n
    christmas easter weihnachten ostern no\u00ebl navidad blackfriday cyber
    pm am utc gmt cet tl dr fyi btw imo idk pls thx nr tel fax st no
    hoodie webshop smartphone unboxing sendungsnummer pouvez-vous avez-vous est-ce puis-je c'est n'est qu'est s'il
    c\u00f3mo d\u00f3nde cu\u00e1ndo cu\u00e1nto cu\u00e1l qui\u00e9n qu\u00e9 por est\u00e1 est\u00e1n estoy estamos quiero quisiera puedo puede pueden
    podr\u00eda podr\u00edan gracias hola buenos buenas d\u00edas tardes noches zapatos zapatillas tienda compra compr\u00e9 llegado
    lleg\u00f3 recibido recib\u00ed esperando espero muchas muchos necesito tengo tiene tienen hace hecho pagado pagu\u00e9 pedido
    pedidos reembolso devoluci\u00f3n devolver factura env\u00edo enviado entrega paquete direcci\u00f3n n\u00famero tel\u00e9fono tarjeta
    talla camiseta mochila chaqueta lunes martes mi\u00e9rcoles jueves viernes s\u00e1bado domingo enero febrero marzo abril
    mayo junio julio agosto septiembre octubre noviembre diciembre usted ustedes se\u00f1or se\u00f1ora se\u00f1ores estimado
    estimada estimados saludos atentamente cordial todav\u00eda tambi\u00e9n adem\u00e1s pero porque cuando donde como para desde
    cu\u00e1ntos cu\u00e1ntas cu\u00e1les solicito exijo cancelen cancelar anulen anular devuelvan eliminen borren borrar env\u00eden
    entregan entreguen aceptan reparan hacen denme una uno algo falta servicio olvid\u00e9 perd\u00ed hay son tienen venden
    gdpr dsgvo rgpd lopd ccpa nif cif dni siren siret ustid bpa ce dsl isp ssn
    hi hello hey thanks thank please dear regards cheers sincerely yours welcome ciao god jesus lord bless hell heaven
    hallo moin servus guten tag morgen abend danke bitte ja nein gru\u00df gr\u00fc\u00dfe gr\u00fc\u00dfen bonjour bonsoir salut merci oui
    cordialement salutations hola gracias s\u00ed hej ahoj witam grazie buongiorno salve obrigado obrigada ol\u00e1
    firstly secondly thirdly lastly furthermore moreover additionally alternatively interestingly meanwhile nevertheless
    nonetheless thankfully sadly luckily apparently nah yup welp hmmm ahh ahhh ohh ohhh oooh awww argh ouch yikes hooray
    woohoo whew phew alrighty greetings congrats congratulations fianc\u00e9 fianc\u00e9e clich\u00e9 caf\u00e9 celsius fahrenheit
    requester colonel enhancement manning
    mondays tuesdays wednesdays thursdays fridays saturdays sundays cannot
    dont cant wont didnt doesnt isnt wasnt arent werent havent hasnt hadnt couldnt wouldnt shouldnt aint im ive id ill
    youre youve youll theyre theyve weve thats whats heres theres lets hes shes its whos can't won't shan't ain't gonna
    wanna gotta dunno lol lmao omg wtf haha hahaha yeah yep nope ya yay aww ugh hmm ooh wow
    mr mrs ms miss mx sir madam dr prof professor captain judge king queen prince princess pope bishop
    authorization bearer exception error warning null true false none undefined timeout
    """.split()  # noqa: SIM905 - one word a line would be three pages
)

GIVEN_NAMES = frozenset(
    """
    aaron abigail adam adrian aisha alan albert alejandra alejandro alessandro alex alexander alexandra alice alicia
    alina alison allison amanda amelia amy ana andrea andreas andrew angela anita anja anke ann anna anne annette
    annika anthony antoine antonia antonio arthur ashley astrid audrey aurelie barbara beatrice beatriz ben benjamin
    bernard bernd bernhard bert betty bianca birgit bjorn bob brandon brenda brian bruno camille carl carla carlos
    carmen carol carolina caroline carolyn catherine cecilia charles charlotte chiara chloe chris christian christina
    christine christoph christopher claire clara claude claudia claudio clement colin connor cristina cynthia daniel
    daniela danielle david deborah dennis derek diana diane diego dieter dirk dominik dominique donald donna doris
    dorothy dylan edith eduardo edward elena eleonora elisabeth elise elizabeth ella ellen emilia emilie emily emma
    enrique eric erik ernst esther ethan eugene eva evelyn fabian fatima felix fernando florence florian francesca
    francesco francis francisca francisco frank franz frederic frederik friedrich fritz gabriel gabriela gabriele
    george georg gerald gerhard giovanni giulia gloria gonzalo greg gregor gregory guillaume gunter gustav hannah
    hanna hans harald harold harry heather heidi heike heinrich heinz helen helena helene helga helmut henri henrik
    henry herbert hugo ian ignacio ines ingrid irene irina isaac isabel isabella isabelle ivan jack jackie jacob
    jacques jake jakob james jan jana jane janet janice jasmin jason javier jean jeff jeffrey jenna jennifer jenny
    jeremy jerry jesse jessica jill jim joachim joan joanna jochen joe joel johan johann johanna johannes john
    johnny jonas jonathan jordan jorge jose josef joseph joshua juan juana judith judy julia julian juliana julie
    julien juliette jurgen j\u00fcrgen j\u00f6rg justin karen karin karl karla karsten katharina kathleen kathrin kathryn katja
    katrin keith kelly ken kenneth kevin klaus kristin kristina kurt kyle lara larry lars laura lauren laurent lea
    lena leo leon leonard leonie leonardo linda lisa logan lorena lorenzo louis louise lucas lucia lucie ludwig luis
    luisa lukas luke lydia madeleine magdalena manfred manon manuel manuela marc marcel marco marcos marcus margaret
    margarita maria marianne marie marina mario marion markus marlene marta martha martin martina mary mateo mathias
    mathilde matteo matthew matthias matthieu maurice max maximilian megan melanie melissa mia michael michaela michel
    michele michelle miguel mike miriam mohamed mohammed monica monika muhammad nadia nadine nancy natalia natalie
    nathalie nathan nicholas nick nicola nicolas nicole niklas nils nina noah nora norbert nuria oleg olga oliver
    olivia olivier omar oscar oskar otto pablo pamela paola patricia patrick paul paula pauline pedro peter petra
    philip philipp philippe phillip pierre pilar rachel rafael ralf ralph ramon raphael raquel raul rebecca regina
    reinhard renate rene richard rita robert roberto robin rodrigo roger roland rolf roman ronald rosemary
    roxana ruben rudolf russell ruth ryan sabine sabrina sally salvador sam samantha samuel sandra sandrine sara
    sarah scott sean sebastian sergio sharon shirley silke silvia simone sofia sonia sonja sophia sophie stefan
    stefanie stella stephan stephanie stephen steve steven sue susan susanne sven svenja sylvia sylvie tamara tanja
    tatiana teresa theresa theo theodor thierry thomas thorsten tim timothy tina tobias tom tomas tony torsten tracy
    tyler ulrich ulrike ursula uta uwe valentin valentina valerie vanessa vera veronica veronika vicente victor
    victoria viktor vincent virginia virginie volker walter wendy werner wilhelm william wolfgang xavier yannick
    yolanda yusuf yvonne zachary zoe
    smith jones johnson williams miller davis garcia garc\u00eda rodriguez rodr\u00edguez martinez mart\u00ednez hernandez lopez l\u00f3pez
    gonzalez gonz\u00e1lez perez p\u00e9rez sanchez s\u00e1nchez wilson anderson taylor thompson robinson clarke wright evans edwards
    roberts murphy kelly sullivan m\u00fcller mueller schmidt schmitt schneider fischer meyer meier maier weber wagner becker
    schulz schulze hoffmann hofmann sch\u00e4fer koch bauer richter schr\u00f6der neumann zimmermann kr\u00fcger
    hartmann lehmann dupont durand dubois lefebvre leroy moreau bernard petit girard bonnet fontaine fern\u00e1ndez
    """.split()  # noqa: SIM905 - one word a line would be ten pages
)
"""A compact list, not a register: the detector's model and the shape of a text find the others."""

GENERIC = frozenset(
    """
    president republic ministry minister ministers parliament council institute institution supreme registrar deputy
    university national senate congress academy commissioner directorate inspectorate embassy consulate authority bureau
    federation union state ombudsman tribunal chancellor mayor governor prefect notary bailiff advocate barrister
    north south east west northern southern eastern western central upper lower road street avenue square park hill
    river lake island mount bridge valley county province state city town village borough
    constitution charter treasury lords commons assize plenary contracting kingdom sterling
    court courts government article convention chamber section registry judge judges prosecutor police prison commission
    committee protocol assembly code act law appeal cassation justice old new great
    little saint
    """.split()  # noqa: SIM905 - one word a line would be two pages
)
"""Words that are capitalised as parts of the names of places and institutions, and alone name nobody."""

WORDLIKE_NAMES = frozenset(
    """
    art baker banks barber bell berry bill bird bishop black blair blake bob bond booth brook brooks brown
    burns bush butler carpenter carter chambers chase chuck clay cole coleman cook cooper cross daisy dale
    dawn dean don dove drake drew duke earl ernest faith farmer fisher fishman flynn ford forest
    foster fox frank fry gale gardner gates gene glover goodman grace grant gray green grey guy hall harding
    hardy hare hart hawk hazel heath hill holder holly holmes hood hooper hope hopkins horn horton hunt hunter
    hyde iris ivy jack jade jasmine jay joy june keen king kit knight lake lamb lance lane lawless lily lowe
    mark marks marsh martin mason max may mead melody mercer mike miles miller mills moody moon moore
    moss nash newman nick noble norman oakes olive palmer parker parks pat payne peacock pearl penny
    perry peters pike poole pope porter potter pratt prince rains ramsey ray reed rice rich rivers
    rob robin rod roman rose rosemary ruby rush rusty sadler sage sanders sandy sargent savage sears shaw
    sheen shepherd singer skelton skinner sky slater snow sparks spears sterling stone sue summer summers
    sutton swift tanner taylor ted temple thorn tom trey tucker turner ty tyler underwood vance victor violet
    wade wagner walker ward warden ware waters watts weaver webb weeks wells west whale wheeler
    white will winter winters wise wolf wood woods woody worth wright york young
    """.split()  # noqa: SIM905 - one word a line would be two pages
)
"""Names that are words too: names where they are capitalised in mid-sentence, words elsewhere."""

SPOKEN_NAMES = WORDLIKE_NAMES & frozenset(
    """
    bill bob brooks chuck daisy dale dawn dean don drew earl ernest faith frank gale gene glover grace grant guy hazel heath
    holly ivy jack jade jasmine jay kit lance lily mark max melody miles mike nick norman olive pat pearl penny rob robin rod
    rose rosemary ruby sandy stone sue ted tom trey tyler victor violet wade woody
    """.split()  # noqa: SIM905 - one word a line would be a page
)
"""Names that are words too, and yet names in lower case after words that people are spoken to or of with."""

COLOURS = frozenset(
    {"black", "brown", "gray", "green", "grey", "jade", "olive", "rose", "ruby", "violet", "white"}
)
"""Names that are colours too."""
