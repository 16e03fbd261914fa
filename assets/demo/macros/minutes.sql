{% macro minutes(count) -%}
    INTERVAL '{{ count }} minutes'
{%- endmacro %}
