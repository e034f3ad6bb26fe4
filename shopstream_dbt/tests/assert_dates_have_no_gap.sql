select
    min(date_day) as first_day,
    max(date_day) as last_day,
    count(*) as days
from {{ ref('dim_date') }}
having count(*) <> datediff(day, min(date_day), max(date_day)) + 1
