{# A JSON value that is an object, or nothing at all. #}
{% test is_document(model, column_name) %}

select typeof({{ column_name }}) as type_found, count(*) as row_count
from {{ model }}
where typeof({{ column_name }}) <> 'OBJECT'
group by typeof({{ column_name }})

{% endtest %}
