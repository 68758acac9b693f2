# frozen_string_literal: true

require_relative "../support"

# Panics are errors, and one that leaves a histogram half-changed poisons it.
class PanicsTest < BridgeTest
  test "a panic has its class, its fields and a message" do
    whole(:panic, { what: "deliberate" }) { TB::Fault.panic("deliberate") }
  end

  test "poisoned has its class, its fields and a message" do
    h = histogram
    reported { assert_raises(TB::PanicError) { TB::Fault.panic_while_locked(h) } }
    whole(:poisoned, {}) { h.count }
  end

  test "a probe's error has its class, its fields and a message" do
    whole(:probe, { number: 7, text: "café" }) { TB::Probe.fail(7) }
    assert_predicate assert_raises(TB::ProbeError) { TB::Probe.fail(1) }.ratio, :nan?
  end

  test "a panic is no fatal and leaves everything well" do
    h = histogram
    reported do
      error = refused(TB::PanicError) { TB::Fault.panic("at the disco é") }
      assert_equal "at the disco é", error.what
    end
    assert_equal 1, h.record(5).count
  end

  test "a poisoned histogram says so, and can be looked at and closed" do
    h = histogram.record(1)
    reported { assert_raises(TB::PanicError) { TB::Fault.panic_while_locked(h) } }
    [-> { h.record(1) }, -> { h.summary }, -> { h.encode }, -> { h.dup }, -> { h.buckets },
     -> { h.merge(histogram) }, -> { histogram.merge(h) }].each { |deed| refused(TB::PoisonedError, &deed) }
    assert_includes h.inspect, "poisoned"
    h.close
    assert_predicate h, :closed?
  end

  test "a panic in a destructor is printed, and no more" do
    said = reported do
      Thread.new { TB::Fault::PanicsWhenDropped.new && nil }.join
      3.times { GC.start }
    end
    assert_includes said, "dropped"
  end
end
