-- When the person was last here before the present visit: what 'new since' is told from.
alter table people add column last_visit_at timestamptz;
