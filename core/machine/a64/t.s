.arch armv8.8-a
tlbi ipas2le1is, x0
