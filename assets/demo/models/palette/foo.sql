SELECT name, favorite_color
FROM (
    VALUES
        ('Ada', 'blue'),
        ('Billie', 'red'),
        ('Chidi', 'green'),
        ('Dolores', 'orange'),
        ('Emil', 'violet'),
        ('Farah', 'yellow')
) AS people (name, favorite_color)
