/** SQL that stores one medium, for tests that need a row and no service. Columns are named, so that new ones may come. */
export const INSERT_PLAIN_MEDIUM = `INSERT INTO medium (id, kind, name, location, format, virtual_size_bytes, is_owned, created_at)
  VALUES ('m', 'disk', 'n', '/l', 'raw', 1, 0, 't')`;
