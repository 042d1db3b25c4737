"""What the made-up texts say: our own sentences, with slots for values (see `redaction_values`)."""

SUPPORT = (
    "Hi, I'm {person} and my {thing} from order {order} has still not turned up. Could you call me on {phone}?",
    "Please change the delivery address to {address}. The old one, {street2}, is where my parents live.",
    "I was charged {amount} twice on card {card}. Please reverse one of them. {person}",
    "My e-mail is {mail}, but the confirmation went to {mail2}. Can you resend it?",
    "You asked for my bank details for the refund: {iban}, account holder {person}.",
    "Hello team, the {thing} stopped working after {count} days. Order {order}, bought on {date}. Thanks, {given}",
    "For verification: my date of birth is {date}, social {ssn}, and I live at {street} in {city}, {zip}.",
    "The courier left my parcel with a neighbour, {title} {family}, who says she never got it.",
    "Is the {thing} also sold in {country}? I am moving to {city} next month and would need two more.",
    "I would like to close the account registered to {mail}. I have been a customer since {date}.",
    "Your agent {given2} promised me a discount of {amount} on Monday. My name is {person}, phone {phone}.",
    "The gift is for my mother {person2}, who is {age}. Please send it to {street2} and the bill to {company}.",
    "Card ending differently now: the new one is {card}, expires next year. Please update order {order}.",
    "Could the technician ring {phone} instead of {phone2}? Nobody is at {street} before noon.",
    "I need an invoice made out to {company}, {address}, and not to me, {person}.",
    "Someone logged into my account from {ip}, which is not me. I am in {city}, {country}. Please lock it.",
    "Your page {site} says the {thing} is in stock, but the checkout fails with error {count}.",
    "Refund to {iban} please, that is the account of my wife {person}. We return the {thing} tomorrow.",
    "Why do you need a copy of my driver's license? The number is {licence}, issued in {city}.",
    "Dear {company} support, the {thing} is too loud. Kind regards, {title} {family}",
)

PROSE = (
    "{person} grew up in {city} and now teaches chemistry at a school in {city2}.",
    "When {company} opened its new office in {city}, {person} was the first to sign a contract.",
    "The award went to {title} {family}, whose study of river birds took {count} years.",
    "{given} and {given2} met in {country} and married in {date}.",
    "A {nationality} singer, {person}, cancelled her concert in {city} because of a cold.",
    "According to {person} of {company}, sales in {country} doubled within a year.",
    "The bakery at {street} has belonged to the family of {person} since {date}.",
    "At {age}, {person} still swims across the lake every morning.",
    "Neither {family} nor {family2} wanted to comment on the merger of {company} with {company2}.",
    "{person}'s garden was open to visitors on {date}; more than {count} came.",
    "The {nationality} minister arrived in {city} with {title} {family} and a small delegation.",
    "She wrote to {person} at {address}, but the letter came back unopened.",
    "My sister {given} works for {company}, and her boss, {person2}, lives around the corner from us.",
    "After {person} retired, {company} moved its headquarters from {city} to {city2}.",
    "Readers can reach the author, {person}, at {mail} or through {site}.",
)

LETTERS = (
    (
        "{person}\n{address}\n\n{date}\n\nDear {title} {family2},\n\nthank you for your letter. I enclose the form and a "
        "copy of my passport.\n\nYours sincerely,\n{person}"
    ),
    (
        "{company}\n{address}\nPhone: {phone}\nWeb: {site}\n\nTo whom it may concern,\n\nwe confirm that {person2} has "
        "worked with us since {date}.\n\n{person}\nHead of Personnel"
    ),
    (
        "Dear {given},\n\nit was good to see you in {city}. My new number is {phone} and the new address is {address2}. "
        "Come and visit!\n\nLove,\n{given2}"
    ),
    (
        "Dear Sir or Madam,\n\nI hereby cancel my contract with you at the end of the month. Please confirm to {mail} and "
        "pay what is left to {iban}.\n\n{person}, {street}, {zip} {city}"
    ),
    (
        "Dear colleagues,\n\nplease welcome {person}, who joins the {city} office on {date}. You can reach her under "
        "{mail}, extension {count}.\n\nBest wishes,\n{given2} {family2}"
    ),
    "Notice to {title} {person}: the rent for {street} rises to {amount} on {date}. Questions to {phone}.",
    (
        "Dear {title} {family},\n\nyour appointment with {title2} {family2} is on {date}. Please bring your insurance card. "
        "If you cannot come, call {phone}."
    ),
    (
        "Reference for {person}\n\n{given} was our lodger at {street} for {count} months and always paid on time.\n\n"
        "{person2}, {phone2}"
    ),
)

LOGS = (
    "{stamp} INFO login user={mail} ip={ip} session={code}",
    "{stamp} WARN payment declined card={card} amount={amount} order={order}",
    "{stamp} ERROR smtp: 550 mailbox unavailable <{mail}> from [{ip}]",
    '{{"time": "{stamp}", "user": "{person}", "phone": "{phone}", "status": {count}}}',
    '{{"customer": {{"firstName": "{given}", "lastName": "{family}", "email": "{mail}"}}, "total": "{amount}"}}',
    '{ip} - - [{stamp}] "GET /orders/{order} HTTP/1.1" 200 {count}',
    "id;name;street;zip;city\n{count};{person};{street};{zip};{city}",
    "{stamp} DEBUG worker {code} retry {count} of 60 for tenant shop-eu, queue depth {count2}",
    "Name: {person}\nDOB: {date}\nSSN: {ssn}\nPhone: {phone}\nAddress: {address}",
    "From: {person} <{mail}>\nTo: {mail2}\nSubject: Re: order {order}\n\nSee below.",
    "callback requested: {phone} ({given}), topic={thing}",
    "{stamp} INFO transfer to {iban} booked, reference {code}, beneficiary {person}",
)

CHATS = (
    "{given}: hey, are you still coming tonight?\n{given2}: yes, what was the house number again?\n{given}: {street}",
    "Agent: How can I help?\nCustomer: my name is {person}\nAgent: And your e-mail?\nCustomer: {mail}",
    "[10:42] {handle}: did anyone hear back from {person2}?\n[10:44] {handle3}: not since {date}",
    "{handle} can you send the invoice to {mail}? thx",
    "Bot: Please type the last order number.\nYou: {order}\nBot: And a phone number?\nYou: {phone}",
    "Great night with {handle} and {handle2} in {city}! Who is in for {country} next year?",
    "A: What's the wifi guy called?\nB: {given} something, {family} I think. his cell is {phone}",
    "Customer: it's {given}, {given} {family}, not what you have there.\nAgent: Thanks {given}, and you are {age}?",
    "Agent: Could I have your address please?\nCustomer: sure, {street}, {city}, {zip}",
    "lol {given} you forgot your keys at mine again, will drop them at {company} on my way to work",
    "RT {handle}: {person2} just said hi to me at the airport in {city}!!",
    "Support: please confirm the card.\nMe: {card}\nSupport: and the name on it?\nMe: {person}",
)

NOISY = (
    "hi its {person} again, still no {thing}?? order {order}",
    "pls call me back on {phone} asap thx {given}",
    "i live in {city} not {city2}, can u fix that, street is {street}",
    "cant log in, my mail is {mail} and i dont get the code",
    "my husband {given} ordered with his card {card} and now its gone",
    "omg {given} from {company} never answers, who else can i ask",
    "i want my money back to {iban}, name on the account is {person}",
    "the guy who delivered was called {given} and he was rude to my dad who is {age}",
    "moved to {address} last week so dont send it to the old place",
    "why is my bill {amount} this month, nothing changed since {date}",
    "somebody named {person} used my number {phone} for his account wtf",
    "me and {given} are from {country} so we need the other plug for the {thing}",
)

FORMAL = (
    "The applicant, {title} {person}, is a {nationality} national who was born in {date} and lives in {city}.",
    "On {date} the District Court of {city} heard {person} and {person2} as witnesses.",
    "The applicant was represented by {title} {family2}, a lawyer practising in {city2}.",
    "By a letter of {date} the applicant's former employer, {company}, refused to pay {amount} in compensation.",
    "The police searched the flat at {street} and seized a telephone registered under the number {phone}.",
    "Ms {family} claimed that she had transferred the sum to the account {iban} held by {person2}.",
    "The Court finds that there has been no violation, and dismisses the remainder of the claim.",
    "{person}, aged {age}, was detained in {city} from {date} until the hearing.",
    "The Government maintained that {person}, the brother of the applicant, had left {country} before {date}.",
    "The parties agree that the property at {address} was sold to {company} for {amount}.",
    "In the case of {family} v. {family2}, the judges of the Second Section held that the delay was reasonable.",
    "Judge {family} appended a separate opinion, which {title2} {family2} joined.",
    "The undersigned, {person}, holder of driving licence {licence}, declares that the above is true.",
    "The defendant's identity was established from his social security number, {ssn}, and by his sister {given2}.",
)

NOTHING = (
    "Does the {thing} come with a warranty, and how long does it last?",
    "The update made everything slower. Please give us back the old version of the app.",
    "Thank you, that solved it. Great service!",
    "The General Terms and Conditions apply to all orders placed through the Online Shop. Returns are free.",
    "Can I exchange the {thing} for a larger one without paying for shipping again?",
    "Turn the device off, wait {count} seconds, press Reset and hold Menu until the light blinks.",
    "It rained all week, so the market was moved into the Town Hall, and hardly anyone noticed.",
    "Your Summer Sale code does not work at checkout. It says Invalid Voucher.",
    "What are your opening hours at Christmas and on New Year's Eve?",
    "The quarterly report shows that Net Revenue grew by {count} percent while Operating Costs fell.",
    "Do you price match? Another shop sells the {thing} for {amount}.",
    "The package was open and two screws were missing. I assembled it anyway, but the left door does not close.",
)
