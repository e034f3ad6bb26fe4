select
    session_date,
    country
from {{ ref('mart_conversion_funnel') }}
where
    page_view_sessions > sessions
    or product_view_sessions > coalesce(page_view_sessions, sessions)
    or add_to_cart_sessions > coalesce(product_view_sessions, page_view_sessions, sessions)
    or checkout_start_sessions > coalesce(add_to_cart_sessions, product_view_sessions, page_view_sessions, sessions)
    or purchase_sessions > coalesce(
        checkout_start_sessions, add_to_cart_sessions, product_view_sessions, page_view_sessions, sessions
    )
    or purchase_sessions < 0
