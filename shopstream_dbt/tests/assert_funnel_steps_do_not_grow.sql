-- The funnel is closed: no step has more sessions than the one before it.
select
    session_date,
    country
from {{ ref('mart_conversion_funnel') }}
where
    page_view_sessions > sessions
    or product_view_sessions > page_view_sessions
    or add_to_cart_sessions > product_view_sessions
    or checkout_start_sessions > add_to_cart_sessions
    or purchase_sessions > checkout_start_sessions
    or purchase_sessions < 0
