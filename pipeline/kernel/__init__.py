"""Building blocks that know nothing of the domain. A rule takes `now`; each error of a library becomes one of `errors`."""
