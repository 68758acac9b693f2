strategies += cabi
cabi_library = $(installed)
# As a user would: by pkg-config, against what was installed.
cabi_flags = $$($(pkg_config) --cflags --libs tollbridge)
