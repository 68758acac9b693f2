# frozen_string_literal: true

require_relative "support"

# Handles, copies, and what is left of a histogram in each state.
class LifecycleTest < BridgeTest
  def setup
    @h = histogram(tag: "checkout").record_all([1, 2, 3])
  end

  test "a histogram is what it was made as" do
    h = TB::Histogram.new
    assert_equal [1, 3_600_000_000_000, 3, "", 0], [h.lowest, h.highest, h.significant_digits, h.tag, h.count]
    h = TB::Histogram.new(lowest: 10, highest: 10**6, significant_digits: 0, tag: "größe")
    assert_equal [10, 10**6, 0, "größe"], [h.lowest, h.highest, h.significant_digits, h.tag]
    refused(ArgumentError) { TB::Histogram.new(1, 2, 3) }
    refused(ArgumentError) { TB::Histogram.new(lowset: 1) }
    error = refused(TB::InvalidArgumentError) { TB::Histogram.new(lowest: 5, highest: 5) }
    assert_equal "highest", error.argument
  end

  test "an empty one has no figures" do
    h = histogram
    assert_predicate h, :empty?
    assert_equal [nil] * 7, [h.min, h.max, h.mean, h.stdev, h.value_at_quantile(0.5), h.values_at_quantiles([0.5]),
                             h.summary]
    refused(TB::InvalidQuantileError) { h.value_at_quantile(2) }
  end

  test "figures are what they are" do
    refute_predicate @h, :empty?
    assert_equal [3, 3, 3], [@h.count, @h.size, @h.length]
    assert_equal [1, 3, 2.0], [@h.min, @h.max, @h.mean]
    assert_in_delta Math.sqrt(2.0 / 3), @h.stdev
    assert_equal [1, 2, 3], @h.values_at_quantiles([0, 0.5, 1])
    assert_equal 2, @h.value_at_quantile(0.5)
    assert_equal TB::Summary.new(3, 1, 3, 2.0, @h.stdev, 2, 3, 3, 3), @h.summary
  end

  test "what changes it answers itself" do
    assert_same(@h, @h.record(1).record_n(1, 2).record_all([1]).merge(@h) << 1)
    assert_equal 15, @h.count
    assert_same(@h, @h.each_bucket { nil })
  end

  test "a share is the same histogram" do
    share = @h.share
    share.record(5)
    @h.tag = "other"
    assert_equal [4, "other"], [@h.count, share.tag]
    @h.close
    assert_equal 5, share.record(6).count
    refute_predicate share, :closed?
  end

  %i[dup clone].each do |copied|
    test "#{copied} is another histogram" do
      copy = @h.public_send(copied)
      copy.record(5)
      copy.tag = "copy"
      assert_equal [3, 4, "checkout", "copy"], [@h.count, copy.count, @h.tag, copy.tag]
      @h.close
      assert_equal 4, copy.count
      refused(TB::ClosedError) { @h.public_send(copied) }
    end
  end

  test "Marshal keeps counts and tag" do
    again = Marshal.load(Marshal.dump(@h))
    assert_equal [@h.summary, @h.tag, @h.highest], [again.summary, again.tag, again.highest]
    again.record(5)
    assert_equal 3, @h.count
    pair = Marshal.load(Marshal.dump([@h, @h]))
    assert_same pair[0], pair[1]
    @h.close
    refused(TB::ClosedError) { Marshal.dump(@h) }
  end

  test "records can be marshalled" do
    [@h.summary, @h.buckets.first, TB::Scan.linear(step: 5), TB::Scan.recorded].each do |record|
      assert_equal record, Marshal.load(Marshal.dump(record))
    end
  end

  test "what holds memory of Rust cannot be marshalled" do
    [@h.buckets, @h.watch(1) { nil }].each { |object| refused(TypeError) { Marshal.dump(object) } }
  end

  test "what holds memory of Rust cannot be copied" do
    in_folder do |path|
      [@h.buckets, @h.watch(1) { nil }, TB::LogWriter.new(path)].each do |object|
        %i[dup clone].each { |copied| refused(TypeError) { object.public_send(copied) } }
      end
    end
  end

  test "a frozen handle is a handle" do
    buckets = @h.buckets.freeze
    assert_equal [1, 2], [buckets.read(1), buckets.to_a].map(&:size)
    assert_nil buckets.close
    assert_predicate buckets, :closed?
  end

  test "a frozen handle changes nothing, and can be closed" do
    other = @h.share
    seen = [@h.count, @h.tag, @h.encode]
    @h.freeze
    [
      -> { @h.record(5) }, -> { @h << 5 }, -> { @h.record_n(5, 2) }, -> { @h.record_all([5]) },
      -> { @h.record_durations("5ns") }, -> { @h.tag = "other" }, -> { @h.merge(other) }, -> { @h.watch(1) { nil } }
    ].each { |change| assert_same @h, refused(FrozenError, &change).receiver }
    assert_equal seen, [@h.count, @h.tag, @h.encode]
    assert_equal [true, false], [@h.clone.frozen?, @h.share.frozen?]
    assert_equal @h.count + 1, @h.dup.record(5).count
    other.record(5) # another handle to the same histogram
    assert_equal seen.first + 1, @h.count
    @h.close
    assert_predicate @h, :closed?
  end

  test "an object that was never initialised is closed" do
    forget = proc { define_method(:initialize) { nil } }
    forgetful = Class.new(TB::Histogram, &forget).new
    refused(TB::ClosedError) { forgetful.record(1) }
    refused(TB::ClosedError) { forgetful.share }
    refused(TB::ClosedError) { Class.new(TB::LogWriter, &forget).new.write(@h, start: 0, seconds: 1) }
    assert_equal [nil, true], [forgetful.close, forgetful.closed?]
  end

  test "encoded counts are decoded" do
    data = @h.encode
    assert_equal Encoding::BINARY, data.encoding
    again = TB::Histogram.decode(data)
    assert_equal [@h.summary, ""], [again.summary, again.tag]
    ["", "nonsense", data.byteslice(0, 20)].each do |bad|
      refused(TB::MalformedHistogramError) { TB::Histogram.decode(bad) }
    end
    [nil, 5, [1]].each { |bad| refused(TypeError) { TB::Histogram.decode(bad) } }
  end

  test "merging adds, or changes nothing" do
    other = histogram.record_all([5, 6])
    assert_equal 5, @h.merge(other).count
    assert_equal 10, @h.merge(@h).count
    assert_equal "checkout", @h.tag
    small = TB::Histogram.new(highest: 100)
    other.record(5000)
    refused(TB::OutOfRangeError) { small.merge(other) }
    assert_predicate small, :empty?
    [nil, 5, "h"].each { |no_histogram| refused(TypeError) { @h.merge(no_histogram) } }
  end

  test "open closes at the end" do
    kept = nil
    answer = TB::Histogram.open(highest: 100, tag: "t") do |h|
      kept = h
      [h.highest, h.tag]
    end
    assert_equal [100, "t"], answer
    assert_predicate kept, :closed?
    assert_raises(MyError) { TB::Histogram.open { |h| (kept = h) && raise(MyError) } }
    assert_predicate kept, :closed?
    assert_equal(:out, TB::Histogram.open { |h| (kept = h) && (break :out) })
    assert_predicate kept, :closed?
    refute_predicate TB::Histogram.open(highest: 100), :closed?
  end

  CALLS = {
    lowest: [], highest: [], significant_digits: [], count: [], size: [], length: [], empty?: [], min: [], max: [],
    mean: [], stdev: [], summary: [], tag: [], "tag=": ["a"], record: [1], "<<": [1], record_n: [1, 1],
    record_all: [[1]], record_durations: ["1s"], value_at_quantile: [0.5], values_at_quantiles: [[0.5]],
    buckets: [], each_bucket: [], bucket_data: [], watch: [1], render: [], encode: [], share: [], dup: [], clone: []
  }.freeze

  test "a closed handle says so" do
    refute_predicate @h, :closed?
    assert_nil @h.close
    assert_nil @h.close
    assert_predicate @h, :closed?
    CALLS.each { |name, arguments| refused(TB::ClosedError) { @h.public_send(name, *arguments) { nil } } }
    refused(TB::ClosedError) { @h.merge(histogram) }
    refused(TB::ClosedError) { histogram.merge(@h) }
    assert_includes @h.inspect, "closed"
  end

  # As if another thread had its turn there.
  test "it may be closed at any step of a call" do
    said, status = program(<<~RUBY)
      [:count, :close, :encode].product([*1..60]) do |call, step|
        h = TB::Histogram.new.record(1)
        steps = 0
        trace = TracePoint.new(:call, :c_call, :return, :c_return, :b_return) { h.close if (steps += 1) == step }
        begin
          trace.enable { h.public_send(call) }
        rescue TB::ClosedError
        end
      end
      puts :end
    RUBY
    assert_equal ["end\n", true], [said, status.success?]
  end

  test "a finalizer may use it at the end of the program" do
    said, status = program(<<~RUBY)
      objects = Array.new(50) { Object.new }
      histograms = []
      objects.each_with_index do |object, i|
        ObjectSpace.define_finalizer(object, proc { histograms[i].record(1) rescue print($!.class) })
      end
      histograms.concat(Array.new(50) { TB::Histogram.new })
    RUBY
    assert_empty said.gsub(TB::ClosedError.name, "")
    assert_predicate status, :success?
  end

  # Where the class is a plain one of Ruby's, nil has no such method.
  test "one without initialize does nothing" do
    h = TB::Histogram.allocate
    CALLS.each do |name, arguments|
      assert_raises(TB::ClosedError, NoMethodError) { h.public_send(name, *arguments) { nil } }
    end
    assert_raises(TB::ClosedError, NoMethodError) { histogram.merge(h) }
    h.__send__(:initialize, highest: 100)
    assert_equal 100, h.highest
  end

  test "initialize again is another histogram" do
    share = @h.share
    @h.__send__(:initialize, highest: 100)
    assert_equal [0, 3], [@h.count, share.count]
  end

  test "what Ruby cannot make is not made" do
    [TB::Buckets, TB::Watch].each { |kind| assert_raises(NoMethodError, TypeError, ArgumentError) { kind.new } }
  end

  test "subclasses are histograms" do
    kind = Class.new(TB::Histogram) do
      def initialize(name:, **rest)
        super(tag: name, **rest)
      end
    end
    h = kind.new(name: "sub", highest: 1000)
    assert_equal ["sub", 1], [h.tag, h.record(5).count]
    assert_instance_of kind, h.dup
    assert_equal 4, @h.merge(h).count
    assert_instance_of(kind, kind.open(name: "sub") { |opened| opened })
  end

  test "inspect tells what it is" do
    described = 'lowest=1 highest=1000000 significant_digits=3 tag="checkout" count=3'
    assert_equal "#<#{TB}::Histogram #{described}>", @h.inspect
    assert_equal "#<#{TB}::Histogram closed>", @h.tap(&:close).inspect
  end

  test "equality is identity" do
    refute_equal @h, @h.dup
    assert_equal @h, @h
    assert_equal 1, { @h => 1 }[@h]
  end

  test "it frees its memory" do
    assert_operator survivors(50) { histogram }, :<, 10
    assert_operator survivors(50) { @h.share }, :<, 10
    assert_operator survivors(50) { histogram.tap(&:close) }, :<, 10
  end

  test "a version is known" do
    skip "the C library has it" unless TB.const_defined?(:VERSION, false)
    assert_match(/\A\d+\.\d+\.\d+/, TB::VERSION)
  end
end

# What the garbage collector may do, it may do at any time.
class CollectorTest < BridgeTest
  def work
    h = histogram(tag: "tag").record_all([1, 2, 3]).record_all([4].pack("Q*"))
    seen = []
    watch = h.watch(1) { |value| seen << value }
    h.record(5).record_durations("1ns")
    h.record_n(6, 2)
    found = [
      h.summary, h.buckets.map(&:to_a), h.each_bucket.to_a.size, h.values_at_quantiles([0.5, 1]), h.encode, h.render,
      h.bucket_data, h.tag, h.inspect, TB::Histogram.decode(h.encode).count, h.dup.merge(h).count,
      Marshal.load(Marshal.dump(h)).count, h.buckets(TB::Scan.linear(step: 2)).first(2), seen, watch.unwatch,
      histogram(tag: "é".encode(Encoding::UTF_16LE)).tag, h.values_at_quantiles([0.5].pack("D*"), packed: true),
      h.each_bucket { |bucket| bucket.value.to_s }.count
    ]
    begin
      h.record(10**9)
    rescue TB::OutOfRangeError => e
      found << e.message << e.fields
    end
    h.close
    found
  end

  test "a collection at every allocation changes nothing", patience: 10 * PATIENCE do
    expected = work
    assert_equal(expected, under_stress { work })
  end

  test "objects may move" do
    h = histogram
    seen = []
    watch = h.watch(1) { |value| seen << value }
    buckets = h.record_all(1..3).buckets
    summary = h.summary
    error = refused(TB::OutOfRangeError) { h.record(10**9) }
    compact
    h.record(5)
    assert_equal [[1, 2, 3, 5], 4, true], [seen, h.share.count, watch.unwatch]
    assert_equal [3, 3, 10**9], [buckets.to_a.size, summary.count, error.value]
    assert_equal TB::Scan.recorded, TB::Scan.recorded
    assert_equal work, work
  end
end
