"""How does the whole log leave for a machine without the database, and how is it read there?"""
