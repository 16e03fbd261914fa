{% macro double(x) %}{{ times(x, 2) }}{% endmacro %}
{% macro times(x, n) %}({{ x }} * {{ n }}){% endmacro %}
{% macro generate_cluster(name) %}{{ return(name ~ '_' ~ target.name) }}{% endmacro %}
{% macro note_end() %}select 2{% endmacro %}
{% macro unused() %}{{ double(1) }}{% endmacro %}
