# frozen_string_literal: true

# What is timed, as a Ruby user writes it: one entry a shape of bench/shapes.toml.
#
# An entry is text, and is expanded into a method of its own: nothing stands between the loop and the
# bridge, and every name is a local variable.
module Loops
  # A timed loop in three texts; `n` is the request's size, `calls` how often it calls.
  Entry = Struct.new(:setup, :expression, :check)

  # A plain `while`, which calls nothing itself. `items` is what must be new for each call.
  TIMED = <<~RUBY
    def timed(tb, n, iterations, batches)
      calls = iterations * batches
      %<setup>s
      times = []
      while times.size < batches
        items = %<items>s
        i = 0
        start = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
        while i < iterations
          %<expression>s
          i += 1
        end
        times << Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond) - start
      end
      [times, Integer(%<check>s)]
    end
  RUBY

  # The same without the clock, for a tool that has its own.
  REPEATED = <<~RUBY
    def repeated(tb, n)
      %<setup>s
      proc do |times|
        i = 0
        while i < times
          %<expression>s
          i += 1
        end
      end
    end
  RUBY

  # Strings whose bytes were never looked at: force_encoding forgets what is known of them.
  FRESH = 'Array.new(iterations) { ("é".b * n).force_encoding("UTF-8") }'

  # Nanoseconds of each batch, and the check value.
  def self.time(tb, entry, n:, iterations:, batches:)
    items = entry.expression.include?("items") ? FRESH : "nil"
    expand(TIMED, entry, items:).timed(tb, n, iterations, batches)
  end

  # A Proc that is told how often to call; not for entries that need `items`.
  def self.repeated(tb, entry, n)
    expand(REPEATED, entry).repeated(tb, n)
  end

  # An object with the method that a template makes of an entry.
  def self.expand(template, entry, **more)
    Object.new.tap { |object| object.instance_eval(format(template, **entry.to_h, **more), "expanded loop") }
  end
  private_class_method :expand

  # The shapes that a module can be timed with: those whose methods it has.
  def self.entries(tb)
    probes = PROBES.select { |_, (name, _)| tb::Probe.respond_to?(name) }.transform_values(&:last)
    { **LOOP, **probes, **(tb.const_defined?(:Histogram, false) ? HISTOGRAM : {}) }
  end

  # The entry of a probe, by the name of the method that it needs.
  def self.probe(name, expression, check = "result", setup: "")
    [name, Entry.new("probe = tb::Probe\n#{setup}", expression, check)]
  end

  LOOP = { empty: Entry.new("", "result = 1", "result") }.freeze

  PROBES = {
    nop: probe(:nop, "result = probe.nop", "result.nil? ? 0 : 1"),
    add: probe(:add, "result = probe.add(7, 35)"),
    half: probe(:half, "result = probe.half(84)"),
    str_len: probe(:str_len, "result = probe.str_len(text)", setup: 'text = "a" * n'),
    str_len_wide: probe(:str_len, "result = probe.str_len(text)", setup: 'text = "é" * n'),
    str_len_fresh: probe(:str_len, "result = probe.str_len(items[i])"),
    make_str: probe(:make_str, "result = probe.make_str(n, false)", "result.length"),
    make_str_wide: probe(:make_str, "result = probe.make_str(n, true)", "result.length"),
    bytes_ends: probe(:bytes_ends, "result = probe.bytes_ends(data)", setup: 'data = "a".b * n'),
    make_bytes: probe(:make_bytes, "result = probe.make_bytes(n)", "result.bytesize"),
    f64_ends: probe(:f64_ends, "result = probe.f64_ends(values)", setup: 'values = ([1.0] * n).pack("D*")'),
    f64_ends_list: probe(:f64_ends, "result = probe.f64_ends(values)", setup: "values = [1.0] * n"),
    make_f64: probe(:make_f64, "result = probe.make_f64(n)", "result.size"),
    make_f64_array: probe(:make_f64_packed, "result = probe.make_f64_packed(n)", "result.bytesize / 8"),
    scale_in_place: probe(
      :scale_in_place,
      "probe.scale_in_place(values, 1.0)",
      'values.unpack1("D", offset: values.bytesize - 8)',
      setup: 'values = ([1.0] * n).pack("D*")'
    ),
    point_in: probe(:point_in, "result = probe.point_in(point)", setup: "point = probe::Point.new(3, 0.5, -0.5, 4)"),
    make_point: probe(:make_point, "result = probe.make_point(42).id"),
    points_ends: probe(
      :points_ends,
      "result = probe.points_ends(points)",
      setup: "points = Array.new(n) { probe::Point.new(1, 0.5, -0.5, 0) }"
    ),
    make_points: probe(:make_points, "result = probe.make_points(n)", "result.size"),
    shape_in: probe(:shape_in, "result = probe.shape_in(shape)", setup: "shape = probe::Shape::Circle.new(2.0)"),
    make_shape: probe(
      :make_shape,
      "case shape = probe.make_shape(4)\nwhen circle then result = shape.radius\nend",
      setup: "circle = probe::Shape::Circle"
    ),
    map_sum: probe(
      :map_sum,
      "result = probe.map_sum(entries)",
      setup: 'entries = Array.new(n) { |i| [format("k%06d", i), 1] }.to_h'
    ),
    make_map: probe(:make_map, "result = probe.make_map(n)", "result.size"),
    fail: probe(
      :fail,
      "begin\n  probe.fail(7)\nrescue probe_error => error\n  result = error.code\nend",
      setup: "probe_error = tb::ProbeError"
    ),
    fail_read: probe(
      :fail,
      "begin\n  probe.fail(7)\nrescue probe_error => error\n  " \
      "message, result, ratio, text = error.message, error.number, error.ratio, error.text\nend",
      setup: "probe_error = tb::ProbeError"
    ),
    call_back: probe(:call_back, "result = probe.call_back(n) { |number| number && 1 }"),
    call_back_from_new_thread: probe(
      :call_back_from_new_thread,
      "result = probe.call_back_from_new_thread(1) { |number| number && 1 }"
    )
  }.freeze

  HOUR = "histogram = tb::Histogram.new(lowest: 1, highest: 3_600_000_000, significant_digits: 3)"
  THOUSAND = "#{HOUR}\nhistogram.record_all([*1000..1999])".freeze
  DISTINCT = <<~RUBY
    histogram = tb::Histogram.new(lowest: 1, highest: 20_000, significant_digits: 4)
    histogram.record_all([*0...n])
  RUBY
  SMALL = "tb::Histogram.new(lowest: 1, highest: 1000, significant_digits: 1)"

  HISTOGRAM = {
    # The one made last is closed by the next, so that the check can still read it.
    new_close: Entry.new(
      "histogram = #{SMALL}", "histogram.close; histogram = #{SMALL}", "histogram.significant_digits"
    ),
    record: Entry.new(HOUR, "histogram.record(1234)", "histogram.count"),
    record_watched: Entry.new(
      "#{HOUR}\ntold = 0\nhistogram.watch(1000) { |_value| told += 1 }", "histogram.record(1234)", "told"
    ),
    record_below: Entry.new(
      "#{HOUR}\ntold = 0\nhistogram.watch(2000) { |_value| told += 1 }", "histogram.record(1234)", "histogram.count"
    ),
    record_n: Entry.new(HOUR, "histogram.record_n(1234, 3)", "histogram.count"),
    record_all: Entry.new(
      "#{HOUR}\nvalues = Array.new(n) { |k| 1000 + k % 1000 }.pack(\"Q*\")",
      "histogram.record_all(values)",
      "histogram.count"
    ),
    record_all_list: Entry.new(
      "#{HOUR}\nvalues = Array.new(n) { |k| 1000 + k % 1000 }",
      "histogram.record_all(values)",
      "histogram.count"
    ),
    record_durations: Entry.new(
      "#{HOUR}\ntext = ([\"1.5ms\"] * n).join(\" \")", "histogram.record_durations(text)", "histogram.count"
    ),
    len: Entry.new(THOUSAND, "result = histogram.count", "result"),
    value_at_quantile: Entry.new(THOUSAND, "result = histogram.value_at_quantile(0.99)", "result"),
    values_at_quantiles: Entry.new(
      "#{THOUSAND}\nquantiles = [0.99] * n", "result = histogram.values_at_quantiles(quantiles)", "result.last"
    ),
    summary: Entry.new(THOUSAND, "result = histogram.summary.count", "result"),
    buckets: Entry.new(DISTINCT, "result = histogram.buckets.to_a", "result.size"),
    buckets_first: Entry.new(DISTINCT, "result = histogram.buckets.first.count", "result"),
    for_each_bucket: Entry.new(
      "#{DISTINCT}\nseen = 0", "histogram.each_bucket { |_bucket| seen += 1 }", "seen / calls"
    ),
    tag: Entry.new("#{THOUSAND}\nhistogram.tag = \"checkout\"", "result = histogram.tag", "result.length"),
    set_tag: Entry.new(THOUSAND, "histogram.tag = \"checkout\"", "histogram.tag.length"),
    merge: Entry.new("#{THOUSAND}\ntotal = #{HOUR.partition(" = ").last}", "total.merge(histogram)", "total.count"),
    render: Entry.new(THOUSAND, "result = histogram.render(ticks: 5, unit: 1.0)", "result.count(\"\\n\")"),
    encode: Entry.new(THOUSAND, "result = histogram.encode", "tb::Histogram.decode(result).count"),
    decode: Entry.new(
      "#{THOUSAND}\ndata = histogram.encode\nresult = tb::Histogram.decode(data)",
      "result.close; result = tb::Histogram.decode(data)",
      "result.count"
    )
  }.freeze
end
