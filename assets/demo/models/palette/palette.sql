SELECT favorite_color, count(*) AS people
FROM {{ ref('foo') }}
GROUP BY favorite_color
