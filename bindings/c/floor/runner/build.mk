strategies += floor
floor_library = $(build)/libtollbridge_floor.so
floor_flags = -I$(here)floor -L$(build) -Wl,-rpath,$(build) -ltollbridge_floor

$(build)/libtollbridge_floor.so: $(here)floor/floor.c $(here)floor/floor.h
	@mkdir -p $(build)
	$(CC) $(STRICT) $(CFLAGS) -fPIC -fvisibility=hidden -shared $(here)floor/floor.c -o $@ -pthread
