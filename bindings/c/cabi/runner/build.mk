strategies += cabi
cabi_library = $(installed)
# As a user would: by pkg-config, against what was installed.
cabi_flags = $$($(pkg_config) --cflags --libs tollbridge)

# For `toll platforms`: the runner with a header in which two fields of a record, tb_summary, have changed places. Vectors
# that are run through it must fail, which shows that they look at the layout.
$(build)/swapped/tollbridge.h: $(installed)
	@mkdir -p $(@D)
	sed -e 's/^  uint64_t min;/  uint64_t MAX;/' -e 's/^  uint64_t max;/  uint64_t min;/' -e 's/MAX;/max;/' \
	  $(prefix)/include/tollbridge.h >$@
$(build)/runner-swapped: $(build)/swapped/tollbridge.h $(runner_sources) $(here)runner/runner.h $(here)cabi/runner/adapter.h
	$(CC) $(STRICT) $(CFLAGS) $(identity) -I$(build)/swapped -I$(here)cabi/runner $(runner_sources) -o $@ $(cabi_flags) -pthread
