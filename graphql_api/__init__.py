"""What people read: the GraphQL schema, sign-in, subscriptions and the app that also serves the dashboard."""
