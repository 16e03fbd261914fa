{{ config(indexes=[{'columns': ['color_category'], 'cluster': 'serving'}]) }}

SELECT
    name,
    favorite_color,
    CASE
        WHEN favorite_color IN ('red', 'orange', 'yellow') THEN 'warm'
        WHEN favorite_color IN ('blue', 'green', 'violet') THEN 'cool'
        ELSE 'unknown'
    END AS color_category
FROM {{ ref('foo') }}
