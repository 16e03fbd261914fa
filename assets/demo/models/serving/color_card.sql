SELECT palette.favorite_color, palette.people, categories.color_category
FROM {{ ref('palette') }} AS palette
JOIN (
    SELECT DISTINCT favorite_color, color_category FROM {{ ref('bar') }}
) AS categories ON categories.favorite_color = palette.favorite_color
