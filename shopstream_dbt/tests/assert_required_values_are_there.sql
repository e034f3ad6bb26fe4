{% set required = [
    ('products', ref('stg_products'), ['merchant_id', 'product_name', 'unit_price']),
    ('orders', ref('stg_orders'), ['user_id', 'total_amount']),
    ('order_items', ref('stg_order_items'), ['order_id', 'product_id', 'quantity', 'unit_price', 'line_total']),
    ('events', ref('stg_events'), ['event_type']),
] %}

{% for table_name, relation, column_names in required %}
    {% set table_number = loop.index %}
    {% for column_name in column_names %}
        select
            '{{ table_name }}' as table_name,
            '{{ column_name }}' as column_name,
            count(*) as row_count
        from {{ relation }}
        where {{ column_name }} is null
        having count(*) > 0
        {{ 'union all' if not (loop.last and table_number == required | length) }}
    {% endfor %}
{% endfor %}
