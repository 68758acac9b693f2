strategies += ffi_support
ffi_support_library = $(build)/libtollbridge_ffi_support.so
ffi_support_flags = -I$(here)ffi_support/include -L$(build) -Wl,-rpath,$(build) -ltollbridge_ffi_support
ffi_support_built = $(or $(CARGO_TARGET_DIR),$(root)/target)/release/libtollbridge_ffi_support.so

# Cargo knows whether there is anything to do; a copy keeps the time of the last change. The link is
# what the loader looks for.
$(ffi_support_library): build-ffi_support ;
build-ffi_support:
	@mkdir -p $(build)
	@cd $(root) && $(or $(CARGO),cargo) build --quiet --package tollbridge-c-ffi-support --release
	@cmp -s $(ffi_support_built) $(ffi_support_library) || install $(ffi_support_built) $(ffi_support_library)
	@ln -sfn libtollbridge_ffi_support.so $(ffi_support_library).1
.PHONY: build-ffi_support

# For the hazard `abi-skew`.
$(build)/runner-ffi_support: $(build)/skewed/libtollbridge_ffi_support.so.1
$(build)/skewed/libtollbridge_ffi_support.so.1: $(here)tests/skewed.c
	@mkdir -p $(@D)
	$(CC) $(STRICT) -shared -fPIC -Wl,-soname,$(@F) $< -o $@
