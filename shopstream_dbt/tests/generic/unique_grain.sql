{# The columns together name a row; NULL is a value like any other, so that rows without a date are compared too. #}
{% test unique_grain(model, columns) %}

select
    {{ columns | join(',\n    ') }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}
