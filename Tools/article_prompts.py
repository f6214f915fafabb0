"""The prompts of the article "Finding the Words to Say" (Alammar 2021): text, tokens to generate, tokens to watch."""

CORDOBA = (
    "Some of the most glorious historical attractions in Spain date from the period of Muslim rule, including The Mezquita, "
    "built as the Great Mosque of Cordoba and the Medina Azahara, also in Cordoba and now in ruins but still visitable as "
    "such and built as the Madinat al-Zahra, the Palace of al-Andalus; and the Alhambra in Granada, a splendid, intact "
    "palace. There are also two synagogues still standing that were built during the era of Muslim Spain: Santa Maria la "
    "Blanca in Toledo and the Synagogue of Cordoba, in the Old City. Reconquista and Imperial era")
PROMPTS = {
    "ones": (" 1, 1, 1,", 2, []),
    "heathrow": ("Heathrow airport is located in the city of", 1, []),
    "cordoba": (CORDOBA, 12, []),
    "eu": ("The countries of the European Union are:\n1. Austria\n2. Belgium\n3. Bulgaria\n4.", 20, []),
    "keys": ("The keys to the cabinet", 0, [" is", " are"]),
    "key": ("The key to the cabinets", 0, [" is", " are"]),
    "doctor": ("The doctor was a", 0, [" man", " woman"]),
    "nurse": ("The nurse was a", 0, [" man", " woman"]),
}
