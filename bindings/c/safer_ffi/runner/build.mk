strategies += safer_ffi
safer_ffi_library = $(build)/libtollbridge_safer_ffi.so
safer_ffi_flags = -I$(here)safer_ffi/include -L$(build) -Wl,-rpath,$(build) -ltollbridge_safer_ffi
safer_ffi_built = $(or $(CARGO_TARGET_DIR),$(root)/target)/release/libtollbridge_safer_ffi.so

# Cargo knows whether there is anything to do; a copy keeps the time of the last change. The link is
# what the loader looks for.
$(safer_ffi_library): build-safer_ffi ;
build-safer_ffi:
	@mkdir -p $(build)
	@cd $(root) && $(or $(CARGO),cargo) build --quiet --package tollbridge-c-safer-ffi --release
	@cmp -s $(safer_ffi_built) $(safer_ffi_library) || install $(safer_ffi_built) $(safer_ffi_library)
	@ln -sfn libtollbridge_safer_ffi.so $(safer_ffi_library).1
.PHONY: build-safer_ffi

# For the hazard `abi-skew`.
$(build)/runner-safer_ffi: $(build)/skewed/libtollbridge_safer_ffi.so.1
$(build)/skewed/libtollbridge_safer_ffi.so.1: $(here)tests/skewed.c
	@mkdir -p $(@D)
	$(CC) $(STRICT) -shared -fPIC -Wl,-soname,$(@F) $< -o $@
