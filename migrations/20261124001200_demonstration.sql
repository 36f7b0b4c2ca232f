-- Set when the demonstration's loading begins: what is found with it and without `demo` is a try that was interrupted.
alter table instance add column demo_began_at timestamptz;
