# frozen_string_literal: true

module TollbridgeFiddle
  # What every trampoline needs: Ruby code that C calls may leave in no way but by its value.
  module Callbacks
    @last = 0

    # What C has as `user` in place of a pointer: no two callbacks have the same.
    def self.next_key = @last += 1

    # Runs the block and answers its value. Whatever else leaves it is stopped here, and `otherwise` answered: what it
    # raises is given to `failed`, and so is a LocalJumpError for throw and break, and a ThreadKilled for a kill. What
    # leaves `failed` is stopped too.
    def self.guard(otherwise, failed)
      returned = false
      value =
        begin
          yield
        rescue Exception => e # rubocop:disable Lint/RescueException -- Nothing may cross Rust.
          failed.call(e)
          otherwise
        end
      returned = true
      value
    ensure
      unless returned
        begin
          failed.call(left)
        ensure
          return otherwise # rubocop:disable Lint/EnsureReturn -- It ends throw, break and Thread#kill, and must.
        end
      end
    end

    # Runs the block, which calls what may call back, without interrupts: one that came in a trampoline would end
    # there. It comes when the block has ended.
    #
    # The stack's end must not come in a trampoline either, before its guard: it would jump over Rust's frames. So
    # there must be room now.
    def self.undisturbed(&)
      need_room
      Thread.handle_interrupt(Object => :never, &)
    end

    # Runs a block of the user's in a trampoline, which interrupts may end.
    def self.interruptible(&) = Thread.handle_interrupt(Object => :immediate, &)

    # A method that could need so many words of Ruby's own stack: Ruby looks whether they are there when it is called.
    class_eval "def self.need_words(never = nil) = never && need_words(#{(["never"] * 2000).join(", ")})",
               __FILE__, __LINE__ - 1

    # Raises SystemStackError where a trampoline may not have enough stack, of which Ruby has two: its own and C's.
    def self.need_room
      need_words
      need_frames(12)
    end

    # Frames of C's stack, each of a block that is called from C.
    def self.need_frames(count) = count.zero? || ONCE.each { need_frames(count - 1) }

    ONCE = [nil].freeze
    private_constant :ONCE
    private_class_method :need_words, :need_frames

    # Raises what a guard has stopped, when C has returned.
    def self.go_on_with(left)
      Thread.current.report_on_exception = false if left.is_a?(ThreadKilled)
      raise left
    end

    def self.left
      return ThreadKilled.new("killed in a callback") if Thread.current.status == "aborting"

      LocalJumpError.new("it was left by throw, break or a time limit (execution expired), which end here")
    end
    private_class_method :left
  end
  private_constant :Callbacks

  # Ends a thread that was killed inside a callback, when C has returned: the kill itself was stopped, since it may not
  # cross Rust, and Ruby kills no thread twice.
  class ThreadKilled < Exception; end # rubocop:disable Lint/InheritException -- No plain `rescue` shall keep the thread.
end
