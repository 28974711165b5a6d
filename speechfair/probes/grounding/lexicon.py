"""The words that fill the slots of the grounding grammar, written for speechfair. Data only; see `grammar`.

Each slot holds words of one type, so that a wrong option is of the same kind as the right one. No word of a slot is
part of another word of it.
"""

from __future__ import annotations

__all__ = [
    "COUNTRIES",
    "DAYS",
    "INTENTS",
    "MODALS",
    "NAMES",
    "NUMBERS",
    "OBJECTS",
    "SETTINGS",
    "VERBS",
]

NAMES = (
    "Anna", "Robert", "Maria", "Peter", "Linda", "David", "Sarah", "Martin", "Julia", "Thomas",
    "Emma", "Daniel", "Laura", "Victor", "Helen", "Simon",
)  # fmt: skip
NUMBERS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "twenty",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OBJECTS = (
    "lamps", "chairs", "bags", "books", "bottles", "blankets", "carpets", "mirrors", "cameras", "pillows",
    "baskets", "candles", "ladders", "boxes", "umbrellas", "photographs",
)  # fmt: skip
COUNTRIES = ("France", "Canada", "Japan", "Brazil", "Egypt", "Norway", "India", "Mexico")
VERBS = (("buy", "bought"), ("pack", "packed"), ("order", "ordered"), ("carry", "carried"), ("sell", "sold"),
         ("find", "found"), ("paint", "painted"), ("bring", "brought"))  # fmt: skip
"""Base form and past."""

MODALS = (("can", "cannot"), ("will", "will not"))
"""Said to be so, and said not to be so."""

SETTINGS: dict[str, tuple[str, ...]] = {
    "at a railway station": (
        "the train was late",
        "the platform was full of people",
        "the ticket machine broke down",
        "the conductor blew the whistle",
        "the passengers left the carriage",
    ),
    "in a kitchen": (
        "the soup boiled over",
        "the oven got too hot",
        "the cook chopped the onions",
        "the bread came out brown",
        "the dishes were washed",
    ),
    "at a school": (
        "the lesson was cut short",
        "the teacher wrote on the board",
        "the pupils took the exam",
        "the homework was handed in",
        "the classroom became quiet",
    ),
    "at a hospital": (
        "the nurse measured the fever",
        "the doctor was called",
        "the patient took the medicine",
        "the surgery was moved",
        "the bandage was changed",
    ),
    "at a concert": (
        "the singer came on stage",
        "the band played louder",
        "the audience stood up",
        "the drummer dropped a stick",
        "the piano was out of tune",
    ),
    "on a farm": (
        "the cows were milked",
        "the tractor ran out of fuel",
        "the farmer closed the barn",
        "the wheat was cut",
        "the sheep broke the fence",
    ),
}
"""Where something happens, and clauses that happen there. The place is in none of its clauses."""

INTENTS: dict[str, tuple[str, ...]] = {
    "to complain about something": (
        "This is not at all what I paid for.",
        "I am very unhappy with how this was handled.",
        "That is simply not good enough for this price.",
    ),
    "to invite someone": (
        "Why don't you come over and join us for dinner?",
        "We would love to have you at our table tonight.",
        "Come and celebrate with us this evening.",
    ),
    "to apologize": (
        "I am so sorry for all the trouble I made.",
        "It was my fault, and I feel bad about it.",
        "Please forgive me, I should have been careful.",
    ),
    "to call off a plan": (
        "I am afraid I have to cancel our meeting.",
        "Let us forget about the trip, it is not going to happen.",
        "I can't make it after all, so do not wait for me.",
    ),
    "to thank someone": (
        "I really appreciate everything you did for me.",
        "You were so kind, I am very grateful.",
        "That was a wonderful present, how generous of you.",
    ),
    "to warn someone": (
        "Watch out, it is very dangerous over there.",
        "Be careful, the stairs are slippery.",
        "Stay away from that door, it is not safe.",
    ),
    "to ask for directions": (
        "Could you tell me how I get to the library?",
        "Which way is it to the post office?",
        "Is this the right road to the harbor?",
    ),
    "to offer help": (
        "Let me carry some of that for you.",
        "I could lend you a hand if you like.",
        "If you need anything, I will do it for you.",
    ),
}
"""What a speaker wants, and sentences that show it without naming it."""
