{% set first_date = "to_date('" ~ var('first_plausible_date') ~ "', 'YYYY-MM-DD')" %}

select
    'orders' as table_name,
    order_id as row_id,
    order_date as odd_date
from {{ ref('stg_orders') }}
where order_date < {{ first_date }}
union all
select
    'users' as table_name,
    users.user_id as row_id,
    users.created_at::date as odd_date
from {{ ref('stg_users') }} as users
cross join {{ ref('data_status') }} as data_status
where
    users.created_at::date < {{ first_date }}
    or datediff(day, data_status.newest_day, users.created_at) > 366
union all
select
    'events' as table_name,
    event_id as row_id,
    event_date as odd_date
from {{ ref('stg_events') }}
where event_date < {{ first_date }}
