{{ config(indexes=[{'columns': ['name'], 'cluster': 'serving'}]) }}

SELECT
    name,
    favorite_color,
    color_category,
    CASE color_category
        WHEN 'warm' THEN 'energetic'
        WHEN 'cool' THEN 'calm'
        ELSE 'undecided'
    END AS mood
FROM {{ ref('bar') }}
