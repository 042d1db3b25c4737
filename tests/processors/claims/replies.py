"""Replies over the shop's knowledge, written by hand: right ones in other words, and inventions close to the truth.

Each is a language, the sentences it cites, and what it says. A citation is the beginning of a sentence of the knowledge.
"""

Reply = tuple[str, tuple[str, ...], str]

COST = "Standard shipping costs 4.90 EUR"
EXPRESS = "Express shipping costs 9.90 EUR"
ABROAD = "Shipping to other countries of the European Union costs 8.90 EUR"
TIME = "The delivery time is 2 to 4 working days"
NOON = "Express delivery arrives on the next working day"
RETURN = "You can return an unused article within 30 days"
WARRANTY = "Every article has a warranty of 2 years"
REFUND = "A refund is paid to the payment method"
WAYS = "We accept these payment methods"
INSTALMENTS = "Orders of 100 EUR or more can be paid"
PASSWORD = 'To set a new password, choose "Forgot password"'
LOCKED = "After five failed attempts"
BLANKET = "The wool blanket measures 140 x 200 cm"
BLANKET_CARE = "It comes in grey and blue"
LAMP = "The desk lamp Arc has an E27 socket"
CLIP = "The reading lamp Clip is charged by USB-C"
LINEN = "The double size has a cover of 200 x 200 cm"
LINEN_STOCK = "It is sold out and expected back in three weeks"
LINEN_CARE = "The linen bed set is stonewashed"
COFFEE = "The pour-over coffee set has a glass carafe"
GRINDER = "This grinder has a ceramic burr"
MUGS = "The ceramic mugs hold 300 ml"
BOTTLE = "The travel bottle holds 0.7 l"
KNIFE = "The bread knife has a serrated blade"
JACKET = "The jacket has a water column"
TENT = "The trail tent for two weighs"
PACK = "The daypack holds 22 litres"
STOVE = "The camping stove Ember burns"
KEPT = "We keep orders for ten years"
POINTS = "100 points are worth 3 EUR"
LEVEL = "With 500 points in a calendar year"
GOLD = "With 1500 points you reach gold"
BULKY = "Articles longer than 120 cm"
STAIRS = "Carrying them upstairs costs 29 EUR"
PRICE = "If an article gets cheaper within 14 days"
HOLIDAYS = "Articles bought in November and December"
RECALL = "The lid of travel bottles of lot L2291"
PART = "Bulb holder: part SP-8807"
SPARE = "Spare parts are delivered for at least seven years"
PICKUP = "An order can be collected in one of our shops"
PICKUP_KEPT = "Orders are kept for 10 days"
SEARCH = "It takes up to 8 working days; if nothing is found"
KOSTEN = "Die Versandkosten betragen 4,90 EUR"
EXPRESS_DE = "Expressversand kostet 9,90 EUR"
ZEIT = "Die Lieferung dauert 2 bis 4 Werktage"
EILIG = "Expressbestellungen vor 12 Uhr"
RECHNUNG = "Sie können mit Kreditkarte, PayPal"
RATEN = "Ratenzahlung ist ab 100 EUR"
GARANTIE = "Auf jeden Artikel gilt eine Garantie von 2 Jahren"
SPERRE = "Nach fünf Fehlversuchen"
ABHOLEN = "Wir heben die Ware 10 Tage lang auf"
FRAIS = "Les frais de livraison sont de 4,90 EUR"
EXPRESS_FR = "La livraison express coûte 9,90 EUR"
DELAI = "La livraison prend 2 à 4 jours ouvrés"
RETOURS = "Vous pouvez retourner ou échanger"
BOUGIE = "La bougie parfumée à la figue brûle 45 heures"
CARNET = "Le carnet relié a 192 pages"
AFFICHE = "Elle sera de nouveau disponible"
CADEAU = "Nous emballons vos articles pour 3,50 EUR"
GASTOS = "Los gastos de envío son de 4,90 EUR"
EXPRES = "El envío exprés cuesta 9,90 EUR"
PLAZO = "La entrega tarda de 2 a 4 días laborables"
PAGO = "Puede pagar con tarjeta, PayPal"
DEVOLVER = "Puede devolver o cambiar un artículo"

RIGHT: tuple[Reply, ...] = (
    ("en", (COST,), "Standard shipping is €4.90, and free from an order value of 60 euros."),
    ("en", (COST, EXPRESS), "Standard delivery costs EUR 4.90 and express delivery EUR 9.90."),
    ("en", (COST,), "You pay 4,90 EUR for standard shipping; above 60.00 EUR it is free."),
    ("en", (ABROAD,), "To Switzerland we ship for 14.90 EUR, to France for 8.90 EUR."),
    ("en", (TIME,), "Your parcel takes two to four working days from the day it was packed."),
    (
        "en",
        (TIME, NOON),
        "It takes 2-4 business days; with express, order before 12:00 and it comes the next working day.",
    ),
    ("en", (NOON,), "If you order before 12 pm, express delivery arrives on the next working day."),
    ("en", (RETURN,), "You have thirty days after delivery to send an unused article back."),
    ("en", (RETURN,), "Yes, within 30 days of delivery. You do not need to give a reason."),
    ("en", (RETURN,), "There is a 30-day return period for unused articles."),
    ("en", (WARRANTY,), "The warranty is two years from the day of delivery."),
    ("en", (WARRANTY,), "There is a 2-year warranty, i.e. 24 months from delivery."),
    ("en", (REFUND,), "Refunds usually arrive within five working days after approval."),
    ("en", (WAYS,), "You can pay by card, PayPal, bank transfer or by invoice within fourteen days."),
    ("en", (INSTALMENTS,), "From 100 EUR you can pay in 3 monthly instalments, without interest."),
    (
        "en",
        (PASSWORD,),
        "The link in the e-mail works for half an hour, that is 30 minutes. One more thing: check the spam folder.",
    ),
    ("en", (LOCKED,), "After 5 failed attempts your account is locked for 60 minutes."),
    ("en", (BLANKET,), "The wool blanket is 140 by 200 cm and made of 100% lambswool."),
    ("en", (BLANKET_CARE,), "It may be washed by hand only, at most at 30 °C, and weighs 1.1 kg."),
    ("en", (BLANKET_CARE,), "The two colours are grey and blue; it weighs 1100 g."),
    ("en", (LAMP,), "The desk lamp takes E27 bulbs of up to 40W and has a 1.8 m cable."),
    ("en", (LAMP,), "The lamp Arc has 3 brightness steps and a cable of 180 cm."),
    ("en", (CLIP,), "It lasts 12 hours on one charge, is charged by USB-C and weighs 0.18 kg."),
    (
        "en",
        (LINEN, LINEN_STOCK),
        "The double cover measures 2 x 2 m. It is sold out and will be back in about 3 weeks.",
    ),
    ("en", (LINEN_CARE,), "Yes, you can machine wash it at 60 degrees."),
    ("en", (COFFEE,), "The carafe holds 0.6 litres, and the steel filter needs no paper."),
    ("en", (GRINDER,), "It has 18 settings and holds 40 grams of beans."),
    ("en", (MUGS,), "They come in sets of four and hold 300 ml each."),
    ("en", (BOTTLE,), "It keeps drinks hot for twelve hours and cold for a day, 24 hours."),
    ("en", (KNIFE,), "The blade is 24 cm long."),
    ("en", (JACKET,), "Its water column is 15,000 mm and the hood fits over a helmet."),
    ("en", (TENT,), "The tent for 2 weighs 2.3 kg and packs to 45 cm x 15 cm."),
    ("en", (PACK,), "A 15-inch laptop fits; the daypack holds 22 l."),
    ("en", (STOVE,), "It boils a litre of water in 4 minutes."),
    ("en", (KEPT,), "Orders are kept for 10 years and chats for 90 days; you get an answer within a month."),
    ("en", (POINTS,), "For 100 points you get 3 €."),
    (
        "en",
        (LEVEL, GOLD),
        "Silver starts at 500 points, gold at 1,500 points with a 20 EUR birthday voucher.",
    ),
    ("en", (BULKY, STAIRS), "Above 31.5 kg a forwarding agent comes; carrying it upstairs is 29 EUR."),
    ("en", (PRICE,), "We refund the difference if the price drops within two weeks."),
    ("en", (HOLIDAYS,), "What you bought in November or December can be returned until the end of January."),
    ("en", (RECALL,), "Bottles of lot L2291, sold in January 2026, get a new lid."),
    ("en", (PART,), "The bulb holder is part SP-8807."),
    ("en", (SPARE,), "Spare parts are available for at least 7 years."),
    ("en", (PICKUP, PICKUP_KEPT), "It is usually ready after 2 hours and kept for ten days."),
    ("en", (SEARCH,), "Thank you for writing. The search takes up to eight working days."),
    ("en", (RETURN, COST), "1. Print the label from your account. 2. Hand the parcel in. You have 30 days."),
    (
        "de",
        (KOSTEN, EXPRESS_DE),
        "Der Versand kostet 4,90 €, ab 60 € ist er kostenlos; Express kostet 9,90 €.",
    ),
    ("de", (ZEIT,), "Die Lieferung dauert zwei bis vier Werktage."),
    ("de", (EILIG,), "Wenn Sie vor 12:00 Uhr bestellen, kommt die Sendung am nächsten Werktag an."),
    (
        "de",
        (RECHNUNG, RATEN),
        "Auf Rechnung zahlen Sie innerhalb von vierzehn Tagen, Raten gibt es ab 100,00 EUR.",
    ),
    ("de", (GARANTIE,), "Ein Artikel hat zwei Jahre Garantie ab Lieferung."),
    (
        "de",
        (SPERRE, ABHOLEN),
        "Nach 5 Fehlversuchen ist das Konto 1 Stunde gesperrt. Abholen können Sie zehn Tage lang.",
    ),
    (
        "fr",
        (FRAIS, EXPRESS_FR),
        "La livraison coûte 4,90 €, elle est gratuite dès 60 € ; l'express coûte 9,90 €.",
    ),
    (
        "fr",
        (DELAI, RETOURS),
        "Comptez deux à quatre jours ouvrés. Vous avez trente jours pour retourner un article neuf.",
    ),
    ("fr", (BOUGIE, AFFICHE), "Elle brûle 45 h. L'affiche revient dans 2 semaines."),
    ("fr", (CARNET, CADEAU), "Le carnet A5 a 192 pages ; l'emballage cadeau coûte 3,50 euros."),
    ("es", (GASTOS, EXPRES), "El envío cuesta 4,90 € y es gratis desde 60 €. El exprés cuesta 9,90 euros."),
    ("es", (PLAZO,), "La entrega tarda de dos a cuatro días hábiles."),
    ("es", (PAGO,), "Puede pagar contra factura en catorce días, con una tarjeta o por PayPal."),
    ("es", (DEVOLVER,), "Tiene treinta días desde la entrega para devolver el artículo."),
    # Written after the rules were, to see what they had not been made for.
    ("en", (RETURN,), "Hello! Good news: you've still got the full 30 days from delivery."),
    ("en", (COST,), "Since your order is above EUR 60, no shipping fee applies."),
    ("en", (ABROAD,), "Delivery to Norway is EUR 14.90."),
    ("en", (TIME,), "Usually between two and four working days."),
    ("en", (NOON,), "Orders placed before midday arrive the next working day."),
    ("en", (BOTTLE,), "The volume is 700 ml, and hot drinks stay hot for half a day (12 hours)."),
    ("en", (TENT,), "Packed size: 45x15 cm; weight: 2.3kg. It is a two-person tent."),
    ("en", (JACKET,), "The water column is 15 000 mm."),
    ("en", (MUGS,), "A set contains four mugs of 0.3 l."),
    ("en", (BULKY,), "Parcels over 1.2 m go by forwarding agent."),
    ("en", (RECALL,), "Please check whether the lot is L2291 (January 2026)."),
    ("de", (KOSTEN,), "Versand: 4,90 Euro. Ab 60 Euro Bestellwert entfällt das."),
    ("de", (GARANTIE,), "Sie haben 24 Monate Garantie."),
    ("fr", (FRAIS,), "Les frais s'élèvent à 4 euros 90, gratuits dès 60 euros."),
    ("es", (GASTOS,), "A partir de 60 euros, el envío es gratuito."),
)

INVENTED: tuple[Reply, ...] = (
    ("en", (COST,), "Standard shipping is €3.90, and free from 60 EUR."),
    ("en", (COST,), "Standard shipping costs 4.90 EUR and is free from 50 EUR."),
    ("en", (COST,), "Standard shipping costs 4.90 USD."),
    ("en", (COST,), "Express shipping costs 9.90 EUR."),
    ("en", (EXPRESS,), "Express shipping costs 9.95 EUR."),
    ("en", (ABROAD,), "Shipping to Switzerland costs 14.09 EUR."),
    ("en", (TIME,), "Your parcel takes 2 to 5 working days."),
    ("en", (TIME,), "Your parcel takes two to four weeks."),
    ("en", (TIME,), "Your parcel takes 2 to 4 hours."),
    ("en", (TIME,), "It will arrive on 15 November."),
    ("en", (TIME,), "It will arrive on 2026-12-24."),
    ("en", (NOON,), "Order before 3 pm and it arrives on the next working day."),
    ("en", (NOON,), "Order before 14:30 and it arrives on the next working day."),
    ("en", (RETURN,), "You have 60 days to return it."),
    ("en", (RETURN,), "You have fourteen days to return it."),
    ("en", (RETURN,), "You have 30 months to return it."),
    ("en", (RETURN,), "You have 30 working days to return it."),
    ("en", (RETURN,), "You have thirty-one days to return it."),
    ("en", (RETURN,), "Send it back within 30 days to returns@acme-shop.example."),
    ("en", (RETURN,), "Print the label at https://returns.acme-shop.example/label within 30 days."),
    ("en", (RETURN,), "Print the label at returns-acme.com within 30 days."),
    ("en", (RETURN,), "Within 30 days, call us on +44 20 7946 0958."),
    ("en", (RETURN,), "A return within 30 days costs 10 percent of the price."),
    ("en", (WARRANTY,), "The warranty is three years."),
    ("en", (WARRANTY,), "The warranty is 2 months."),
    ("en", (WARRANTY,), "The warranty of 2 years is void after 1 repair."),
    ("en", (REFUND,), "Refunds arrive within 5 hours."),
    ("en", (REFUND,), "Your refund of 129.00 EUR was approved."),
    ("en", (WAYS,), "You can pay by invoice within 30 days."),
    ("en", (INSTALMENTS,), "From 100 EUR you can pay in six instalments."),
    ("en", (INSTALMENTS,), "From 100 EUR you can pay in 3 instalments at 4.9 % interest."),
    ("en", (PASSWORD,), "The link works for 24 hours."),
    ("en", (LOCKED,), "After five failed attempts your account is locked for one day."),
    ("en", (LOCKED,), "After three failed attempts your account is locked for one hour."),
    ("en", (BLANKET,), "The wool blanket is 150 x 200 cm."),
    ("en", (BLANKET,), "The wool blanket is made of 80 % lambswool."),
    ("en", (BLANKET_CARE,), "It may be washed at 40 degrees."),
    ("en", (LAMP,), "The desk lamp takes E14 bulbs."),
    ("en", (LAMP,), "The desk lamp takes bulbs of up to 60 W."),
    ("en", (CLIP,), "It lasts 12 days on one charge."),
    ("en", (CLIP,), "It lasts 12 hours and weighs 180 kg."),
    ("en", (LINEN_STOCK,), "It will be back in five weeks."),
    ("en", (GRINDER,), "It holds 400 g of beans."),
    ("en", (MUGS,), "They come in sets of six."),
    ("en", (BOTTLE,), "It keeps drinks hot for 48 hours."),
    ("en", (JACKET,), "Its water column is 1,500 mm."),
    ("en", (POINTS,), "For 100 points you get 30 EUR."),
    ("en", (GOLD,), "Gold starts at 1,000 points with a voucher of 20 EUR."),
    ("en", (HOLIDAYS,), "It can be returned until the end of March."),
    ("en", (RECALL,), "Bottles of lot L2292 get a new lid."),
    ("en", (RECALL,), "Bottles of lot L2291, sold in January 2025, get a new lid."),
    ("en", (PART,), "The bulb holder is part SP-8801."),
    ("en", (SPARE,), "Use the code SPARE15 and order AC-100102 again."),
    ("de", (KOSTEN,), "Der Versand kostet 5,90 € und ist ab 60 € kostenlos."),
    ("de", (ZEIT,), "Die Lieferung dauert zwei bis fünf Werktage."),
    ("de", (GARANTIE,), "Die Garantie gilt 2 Jahre, mit einem Rabatt von 15 Prozent."),
    ("de", (SPERRE,), "Das Konto ist eine Woche gesperrt."),
    ("fr", (FRAIS,), "Le port est gratuit dès 40 € d'achat."),
    ("fr", (DELAI,), "Comptez trois à six jours ouvrés."),
    ("es", (PLAZO,), "La entrega tarda de tres a seis días laborables."),
    ("es", (PAGO,), "Puede pagar contra factura en 60 días."),
    ("en", (TIME,), "It will be there tomorrow by 10 am."),
    ("en", (TIME,), "Delivery by 3/12/2026."),
    ("en", (LAMP,), "It needs a GU10 bulb."),
    ("en", (COST,), "Use code WELCOME10 for 10% off."),
    ("en", (KEPT,), "Chats are kept for ten days."),
    ("de", (ZEIT,), "Lieferung in 24 Stunden."),
    ("fr", (RETOURS,), "Vous avez soixante jours."),
    ("es", (DEVOLVER,), "Tiene quince días."),
    ("en", (STOVE,), "It boils two litres in four minutes."),
)
