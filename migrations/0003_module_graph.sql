-- What is wanted because a build list selects it: who requires it there, and the newest Go that its modules ask for.

ALTER TABLE want ADD COLUMN because TEXT;  -- as example.com/m@v1.0.0, or a go.mod; NULL: it is named itself
ALTER TABLE seed ADD COLUMN go TEXT;       -- as 1.25.0; NULL: not looked at
