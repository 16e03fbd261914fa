{# Schemas are called what the models call them, without the profile's schema in front. The deployment suffix has to
   stay: a project that overrides this macro and forgets it builds its deployment on production. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}{{ '_dbt_deploy' if var('deploy', False) }}
{%- endmacro %}
