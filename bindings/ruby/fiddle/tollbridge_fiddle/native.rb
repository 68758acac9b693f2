# frozen_string_literal: true

module TollbridgeFiddle
  # The C library: found, checked, and every function and structure declared once, as its headers write them.
  module Native
    # The ABI that is declared here.
    ABI = 1

    # What to load: the environment's choice is the only one if made; then what stands beside this folder, what
    # `bindings/c/cabi/install` put into the source tree, and what the system's loader finds.
    def self.candidate
      chosen = ENV.fetch("TOLLBRIDGE_LIBRARY", "")
      return chosen unless chosen.empty?

      suffix, soname = MACOS ? ["dylib", "libtollbridge.1.dylib"] : ["so", "libtollbridge.so.1"]
      files = %w[.. ../../../c/build/prefix/lib].map { |at| File.expand_path("#{at}/libtollbridge.#{suffix}", __dir__) }
      files.find { |file| File.file?(file) } || soname
    end

    MACOS = RUBY_PLATFORM.include?("darwin")

    begin
      LIBRARY = Fiddle.dlopen(candidate)
    rescue Fiddle::DLError => e
      raise LoadError, "cannot load the C library of Tollbridge (#{e.message}); " \
                       "install it, or set TOLLBRIDGE_LIBRARY to its file"
    end
    # The file that it really is.
    PATH = LIBRARY.file_name.freeze

    # ---- types

    VOID = Fiddle::TYPE_VOID
    I32 = Fiddle::TYPE_INT
    U8 = -Fiddle::TYPE_CHAR
    U32 = -Fiddle::TYPE_INT
    U64 = -Fiddle::TYPE_LONG_LONG
    F64 = Fiddle::TYPE_DOUBLE
    SIZE = Fiddle::TYPE_SIZE_T
    # What C gave out, a function, or a key of ours: an Integer, 0 for NULL. No Fiddle::Pointer is made for it.
    ADDRESS = Fiddle::TYPE_UINTPTR_T
    # A String that C reads or writes during the call. What is written, no other String may share.
    MEMORY = Fiddle::TYPE_VOIDP

    # Memory for C to write into.
    def self.memory(size) = "\0".b * size

    # A copy of memory that C has.
    def self.read(address, size) = size.zero? ? "".b : Fiddle::Pointer.new(address)[0, size]

    # A copy of text that C has.
    def self.text(address, length) = read(address, length).force_encoding(Encoding::UTF_8)

    # A copy of text that ends with a NUL.
    def self.name(address) = Fiddle::Pointer.new(address).to_s

    # A trampoline: a function that C may call as long as the process lives, since a collected one would be a crash.
    #
    # So would be one that GC.compact has moved, because Fiddle gives C the closure's place. A Fiddle::Pointer keeps
    # what it was made of where it is.
    def self.trampoline(result, parameters, &)
      Fiddle::Pointer[Fiddle::Closure::BlockCaller.new(result, parameters, &)]
    end

    # ---- structures: how Array#pack and String#unpack have them, and their sizes

    ERROR_FIELD = "JLx4QdJ2" # name, kind, number, real, text, text_length
    ERROR_FIELD_SIZE = 48
    ERROR_DETAILS = "lx4J5" # code, name, message, message_length, fields, field_count
    ERROR_DETAILS_SIZE = 48
    CONFIG = "Q2Cx7"
    CONFIG_SIZE = 24
    SCAN = "L2Qd" # kind, ticks, step, base
    SUMMARY = "Q3d2Q4"
    SUMMARY_SIZE = 72
    BUCKET = "Q3"
    BUCKET_SIZE = 24
    PROGRESS = "Q3"
    PROGRESS_SIZE = 24
    # tb_bytes and tb_text: memory that the caller frees, and its length.
    GIVEN = "J2"
    GIVEN_SIZE = 16

    FIELD_U64 = 1
    FIELD_F64 = 2
    FIELD_TEXT = 3

    SCAN_RECORDED = 0
    SCAN_LINEAR = 1
    SCAN_LOGARITHMIC = 2
    SCAN_QUANTILES = 3

    # What callbacks answer.
    GO_ON = 0
    STOP = 1

    # ---- functions

    # Takes Strings where C has addresses.
    #
    # Fiddle would look for the address by `to_int`, and Fiddle 1.1 loses what ends the thread there: Thread#kill and
    # Timeout did nothing. So a pointer is made here, which keeps the String alive and in place, and C gets its number.
    class Function < Fiddle::Function
      def initialize(address, parameters, result, **options)
        super(address, parameters.map { |type| type == MEMORY ? ADDRESS : type }, result, **options)
        return unless parameters.include?(MEMORY)

        given = parameters.each_index.map { |i| "given#{i}" }
        strings = parameters.each_index.select { |i| parameters[i] == MEMORY }
        pointers = strings.map { |i| "pointer#{i} = given#{i} && Fiddle::Pointer[given#{i}]" }
        strings.each { |i| given[i] = "pointer#{i}.to_i" }
        names = parameters.each_index.map { |i| "given#{i}" }.join(", ")
        instance_eval "def call(#{names}) = (#{pointers.join("; ")}; super(#{given.join(", ")}))", __FILE__, __LINE__
      end
    end
    private_constant :Function

    # Keeps the GVL: for what only computes, or calls back and never waits.
    def self.holds(name, parameters, result = ADDRESS)
      Function.new(LIBRARY[name], parameters, result, name:, need_gvl: true)
    end

    # Lets go of the GVL: for what may wait for a lock, since who holds it may need the GVL to go on.
    def self.releases(name, parameters, result = ADDRESS)
      Function.new(LIBRARY[name], parameters, result, name:, need_gvl: false)
    end
    private_class_method :holds, :releases

    begin
      found = holds("tb_abi_version", [], U32).call
    rescue Fiddle::DLError
      raise LoadError, "#{PATH} is no C library of Tollbridge"
    end
    raise LoadError, "#{PATH} has ABI #{found}, but this bridge is for ABI #{ABI}" unless found == ABI

    # What is asked of Ruby's own library.
    RB_GC_ADJUST_MEMORY_USAGE = Fiddle::Function.new(
      Fiddle.dlopen(nil)["rb_gc_adjust_memory_usage"], [Fiddle::TYPE_SSIZE_T], VOID, need_gvl: true
    )

    TB_VERSION = holds("tb_version", [])

    TB_ERROR_CODE = holds("tb_error_code", [ADDRESS], I32)
    TB_ERROR_INFO = holds("tb_error_info", [ADDRESS, MEMORY], VOID)
    TB_ERROR_FREE = holds("tb_error_free", [ADDRESS], VOID)

    TB_BYTES_FREE = holds("tb_bytes_free", [MEMORY], VOID)
    TB_TEXT_FREE = holds("tb_text_free", [MEMORY], VOID)

    TB_HISTOGRAM_NEW = holds("tb_histogram_new", [MEMORY, MEMORY])
    TB_HISTOGRAM_CLONE = holds("tb_histogram_clone", [ADDRESS, MEMORY])
    TB_HISTOGRAM_FREE = releases("tb_histogram_free", [ADDRESS], VOID)
    TB_HISTOGRAM_CONFIG = releases("tb_histogram_config", [ADDRESS, MEMORY])
    TB_HISTOGRAM_RECORD = releases("tb_histogram_record", [ADDRESS, U64])
    TB_HISTOGRAM_RECORD_N = releases("tb_histogram_record_n", [ADDRESS, U64, U64])
    TB_HISTOGRAM_RECORD_ALL = releases("tb_histogram_record_all", [ADDRESS, MEMORY, SIZE])
    TB_HISTOGRAM_RECORD_DURATIONS = releases("tb_histogram_record_durations", [ADDRESS, MEMORY, SIZE, MEMORY])
    TB_HISTOGRAM_LEN = releases("tb_histogram_len", [ADDRESS, MEMORY])
    TB_HISTOGRAM_IS_EMPTY = releases("tb_histogram_is_empty", [ADDRESS, MEMORY])
    TB_HISTOGRAM_MIN = releases("tb_histogram_min", [ADDRESS, MEMORY, MEMORY])
    TB_HISTOGRAM_MAX = releases("tb_histogram_max", [ADDRESS, MEMORY, MEMORY])
    TB_HISTOGRAM_MEAN = releases("tb_histogram_mean", [ADDRESS, MEMORY, MEMORY])
    TB_HISTOGRAM_STDEV = releases("tb_histogram_stdev", [ADDRESS, MEMORY, MEMORY])
    TB_HISTOGRAM_VALUE_AT_QUANTILE = releases("tb_histogram_value_at_quantile", [ADDRESS, F64, MEMORY, MEMORY])
    TB_HISTOGRAM_VALUES_AT_QUANTILES = releases(
      "tb_histogram_values_at_quantiles", [ADDRESS, MEMORY, SIZE, MEMORY, MEMORY]
    )
    TB_HISTOGRAM_SUMMARY = releases("tb_histogram_summary", [ADDRESS, MEMORY, MEMORY])
    TB_HISTOGRAM_TAG = releases("tb_histogram_tag", [ADDRESS, MEMORY])
    TB_HISTOGRAM_SET_TAG = releases("tb_histogram_set_tag", [ADDRESS, MEMORY, SIZE])
    TB_HISTOGRAM_MERGE = releases("tb_histogram_merge", [ADDRESS, ADDRESS])
    TB_HISTOGRAM_RENDER = releases("tb_histogram_render", [ADDRESS, U32, F64, MEMORY])
    TB_HISTOGRAM_ENCODE = releases("tb_histogram_encode", [ADDRESS, MEMORY])
    TB_HISTOGRAM_DECODE = releases("tb_histogram_decode", [MEMORY, SIZE, MEMORY])

    TB_HISTOGRAM_BUCKETS = releases("tb_histogram_buckets", [ADDRESS, MEMORY, MEMORY])
    TB_BUCKETS_NEXT = releases("tb_buckets_next", [ADDRESS, MEMORY, SIZE, MEMORY])
    TB_BUCKETS_FREE = holds("tb_buckets_free", [ADDRESS], VOID)

    TB_HISTOGRAM_WATCH = releases("tb_histogram_watch", [ADDRESS, U64, ADDRESS, ADDRESS, ADDRESS, MEMORY])
    TB_WATCH_END = releases("tb_watch_end", [ADDRESS, MEMORY])
    TB_WATCH_FREE = holds("tb_watch_free", [ADDRESS], VOID)

    TB_REPLAY_LOG_WITH_LIMIT = releases("tb_replay_log_with_limit", [MEMORY, SIZE, U64, ADDRESS, ADDRESS, MEMORY])
    TB_REPLAY_LEN = holds("tb_replay_len", [ADDRESS], SIZE)
    TB_REPLAY_HISTOGRAM = holds("tb_replay_histogram", [ADDRESS, SIZE, MEMORY])
    TB_REPLAY_FREE = releases("tb_replay_free", [ADDRESS], VOID)
    TB_LOG_WRITER_NEW = releases("tb_log_writer_new", [MEMORY, SIZE, F64, MEMORY])
    TB_LOG_WRITER_WRITE = releases("tb_log_writer_write", [ADDRESS, ADDRESS, F64, F64])
    TB_LOG_WRITER_FREE = releases("tb_log_writer_free", [ADDRESS], VOID)
  end
  private_constant :Native

  # The library's version.
  VERSION = Native.name(Native::TB_VERSION.call).freeze

  # The file of the C library that was loaded.
  def self.library_path = Native::PATH
end
