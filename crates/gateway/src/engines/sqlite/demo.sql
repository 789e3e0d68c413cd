-- The log of a small observatory.

CREATE TABLE telescopes (
    id serial PRIMARY KEY,
    name text NOT NULL UNIQUE,
    kind varchar(20) NOT NULL CHECK (kind IN ('reflector', 'refractor', 'radio')),
    aperture_m numeric(5, 2) NOT NULL CHECK (aperture_m > 0),
    first_light date NOT NULL,
    is_online boolean NOT NULL DEFAULT true,
    site jsonb NOT NULL
);

CREATE TABLE observers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    email text UNIQUE,
    joined date NOT NULL,
    languages text[] NOT NULL DEFAULT '{}'
);

CREATE TABLE targets (
    id serial PRIMARY KEY,
    name text NOT NULL UNIQUE,
    class text NOT NULL,
    distance_ly double precision,
    magnitude real,
    notes text
);

CREATE TABLE observations (
    id bigserial PRIMARY KEY,
    telescope_id integer NOT NULL REFERENCES telescopes (id),
    observer_id uuid NOT NULL REFERENCES observers (id),
    target_id integer NOT NULL REFERENCES targets (id),
    started_at timestamptz NOT NULL,
    exposure interval NOT NULL,
    seeing_arcsec numeric(4, 2),
    conditions jsonb NOT NULL DEFAULT '{}',
    thumbnail bytea
);

CREATE INDEX observations_started_at_idx ON observations (started_at);

INSERT INTO telescopes (name, kind, aperture_m, first_light, is_online, site) VALUES
    ('Great Shed', 'reflector', 1.52, '1974-10-03', true, '{"name": "Hill One", "altitude_m": 2320, "domes": [1]}'),
    ('Old Faithful', 'refractor', 0.60, '1908-05-12', true, '{"name": "Garden", "altitude_m": 140, "domes": [2]}'),
    ('Twin A', 'reflector', 2.40, '2011-02-28', true, '{"name": "Hill Two", "altitude_m": 2695, "domes": [3, 4]}'),
    ('Twin B', 'reflector', 2.40, '2011-03-01', false, '{"name": "Hill Two", "altitude_m": 2695, "domes": [5]}'),
    ('The Dish', 'radio', 64.00, '1961-10-31', true, '{"name": "Valley", "altitude_m": 392, "domes": []}');

INSERT INTO observers (id, name, email, joined, languages) VALUES
    ('0b8f6c1e-8a53-4a0f-9d3c-5f1f0c1d2a01', 'Ada Lindqvist', 'ada@example.org', '2015-03-02', '{sv,en}'),
    ('0b8f6c1e-8a53-4a0f-9d3c-5f1f0c1d2a02', 'Bo Nakamura', 'bo@example.org', '2017-09-18', '{ja,en}'),
    ('0b8f6c1e-8a53-4a0f-9d3c-5f1f0c1d2a03', 'Carmen Íñiguez', 'carmen@example.org', '2019-01-07', '{es,en,fr}'),
    ('0b8f6c1e-8a53-4a0f-9d3c-5f1f0c1d2a04', 'Dov Ben-Ari', NULL, '2020-06-29', '{he,en}'),
    ('0b8f6c1e-8a53-4a0f-9d3c-5f1f0c1d2a05', 'Ewa Kowalczyk', 'ewa@example.org', '2022-11-14', '{pl,de}'),
    ('0b8f6c1e-8a53-4a0f-9d3c-5f1f0c1d2a06', 'Fiadh O''Brien', 'fiadh@example.org', '2024-02-29', '{ga,en}');

INSERT INTO targets (name, class, distance_ly, magnitude, notes) VALUES
    ('Proxima Centauri', 'star', 4.2465, 11.13, 'the nearest'),
    ('Betelgeuse', 'star', 548, 0.5, 'dimmed in 2019 and recovered'),
    ('Vega', 'star', 25.04, 0.026, NULL),
    ('M31', 'galaxy', 2537000, 3.44, 'Andromeda'),
    ('M51', 'galaxy', 31000000, 8.4, 'the Whirlpool and its companion'),
    ('M42', 'nebula', 1344, 4.0, 'Orion'),
    ('M57', 'nebula', 2570, 8.8, 'a ring'),
    ('M13', 'cluster', 22200, 5.8, NULL),
    ('47 Tucanae', 'cluster', 14700, 4.09, 'low in the south'),
    ('Saturn', 'planet', NULL, 0.46, 'for visitors'),
    ('Jupiter', 'planet', NULL, -2.2, NULL),
    ('PSR B1919+21', 'pulsar', 1000, NULL, 'radio only');

INSERT INTO observations (telescope_id, observer_id, target_id, started_at, exposure, seeing_arcsec, conditions, thumbnail)
SELECT
    CASE WHEN n % 12 = 11 THEN 5 ELSE n % 4 + 1 END,
    ('0b8f6c1e-8a53-4a0f-9d3c-5f1f0c1d2a0' || (n * 7 % 6 + 1))::uuid,
    CASE WHEN n % 12 = 11 THEN 12 ELSE n * 5 % 11 + 1 END,
    timestamptz '2025-01-04 19:30:00+00' + (n / 4) * interval '1 day' + n % 4 * interval '95 minutes' + (n * 37 % 60) * interval '1 second',
    ((n * 13 % 9 + 1) * 20) * interval '1 second',
    CASE WHEN n % 12 = 11 THEN NULL ELSE 0.6 + (n * 17 % 23) * 0.09 END,
    jsonb_build_object('cloud', n * 3 % 5, 'wind_ms', n * 11 % 14, 'moon', n % 30 > 14),
    CASE WHEN n % 25 = 0 THEN '\x89504e47'::bytea END
FROM generate_series(0, 179) AS n;

CREATE VIEW nightly AS
SELECT started_at::date AS night, count(*) AS exposures, min(seeing_arcsec) AS best_seeing, sum(exposure) AS total
FROM observations
GROUP BY started_at::date;
