# frozen_string_literal: true

module TollbridgeFiddle
  # A pointer that C gave out for one owner: freed once, by `close` or when the collector has found its owner, and
  # never while a call uses it.
  class Owned
    # Yields the place for the pointer to a function of C, which answers its error.
    #
    # C writes straight into what the finalizer reads, so that nothing is lost when an interrupt is raised between
    # the two.
    def initialize(free)
      slot = Native.memory(8)
      @uses = 0
      @release = Owned.release(slot, free)
      ObjectSpace.define_finalizer(self, @release)
      Native.check(yield(slot))
      @pointer = slot.unpack1("J")
      @closed = false
    end

    # Frees what is in the slot the first time that it is called. Made here, where `self` is no owner.
    def self.release(slot, free)
      proc do
        pointer = slot.unpack1("J")
        slot.replace(Native.memory(8))
        free.call(pointer) unless pointer.zero?
      end
    end

    # Yields the pointer, which is not freed meanwhile, whoever closes.
    #
    # The count needs no lock: CRuby changes threads, and raises interrupts, only between calls.
    def use
      raise ClosedError if closed?

      @uses += 1
      begin
        yield @pointer
      ensure
        @uses -= 1
        free if @closed && @uses.zero?
      end
    end

    # Frees the pointer at once, or when the last call that uses it ends.
    def close
      @closed = true
      free if @uses&.zero?
      nil
    end

    # One that was allocated and never made has nothing: it is closed.
    def closed? = @closed != false

    private

    def free
      @release.call
      ObjectSpace.undefine_finalizer(self)
    end
  end
  private_constant :Owned

  # Memory that C hands over: copied, then freed at once.
  module Given
    # What a function of C gives by a structure, which it yields; freed also when an interrupt comes first.
    def self.bytes(free, size = 1)
      given = Native.memory(Native::GIVEN_SIZE)
      Native.check(yield(given))
      data, length = given.unpack(Native::GIVEN)
      Native.read(data, length * size)
    ensure
      free.call(given)
    end

    # The same as text.
    def self.string(&) = bytes(Native::TB_TEXT_FREE, &).force_encoding(Encoding::UTF_8)
  end
  private_constant :Given
end
