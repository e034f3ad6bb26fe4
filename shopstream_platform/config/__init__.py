"""Settings, connections and errors: what everything else is handed."""
