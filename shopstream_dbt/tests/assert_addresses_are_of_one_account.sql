select
    user_id,
    account_count
from (
    select
        user_id,
        count(*) over (partition by email) as account_count
    from {{ ref('stg_users') }}
    where email <> ''
) as accounts
where account_count > 1
