# frozen_string_literal: true

module TollbridgeFiddle
  # A pointer that C gave out for one owner: freed once, by `close` or when the collector has found its owner, and
  # never while a call uses it.
  class Owned
    # Yields the place for the pointer to a function of C, which answers its error.
    #
    # C writes straight into what the finalizer reads, so that nothing is lost when an interrupt is raised between
    # the two. The weight, if there is one, lasts until this is freed.
    def initialize(free, weight = nil)
      slot = Native.memory(8)
      @uses = 0
      @held = [slot]
      @release = Owned.release(@held, free, weight&.hold)
      ObjectSpace.define_finalizer(self, Owned.finalizer(@release))
      Native.check(yield(slot))
      @pointer = slot.unpack1("J")
      @closed = false
    end

    # Frees what is held, once: of two threads one alone gets it out of the Array, and no interrupt comes between that
    # and the end of C's call. Made here, where `self` is no owner.
    def self.release(held, free, weight)
      proc do
        Callbacks.undisturbed do
          pointer = held.pop&.unpack1("J")
          free.call(pointer) unless pointer.nil? || pointer.zero?
          weight&.lift if pointer
        end
      end
    end

    # The collector may come where the stack is nearly full: a new thread has one of its own.
    def self.finalizer(release)
      proc do
        release.call
      rescue SystemStackError
        Thread.new(&release)
      end
    end

    # Yields the pointer, which is not freed meanwhile, whoever closes.
    #
    # The count needs no lock, since CRuby changes threads only where a method returns or a branch is taken. It is
    # raised before anything is looked at: from then on, who closes leaves the freeing to this call.
    def use
      raise ClosedError unless @uses # it was allocated, and never made

      @uses += 1
      begin
        raise ClosedError if closed?

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

    # One that was allocated and never made has nothing: it is closed. So is one that a finalizer still uses at the end
    # of the program, when its own has run.
    def closed? = @closed != false || @held.empty?

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
