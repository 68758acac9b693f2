# frozen_string_literal: true

module TollbridgeFFI
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

    # The name of the thread that takes calls from threads which are not Ruby's.
    DISPATCHER = "FFI Callback Dispatcher"
    private_constant :DISPATCHER

    @waiting = {}.compare_by_identity
    @answering = {}.compare_by_identity
    @ending = nil # until the first such call

    # Whether the program ends: no block is called for a foreign thread any more.
    def self.ending? = @ending

    # Runs a block of the user's on a thread which has nothing else to do.
    def self.answer
      @answering[Thread.current] = true
      yield
    ensure
      @answering.delete(Thread.current)
    end

    # Runs the block, which waits for a foreign thread that calls back.
    #
    # What would wait for ruby-ffi's thread for ever is refused. ruby-ffi 1.15 starts it once: no child of fork has it,
    # and a program that kills all threads, as each does when it ends, has killed it.
    def self.wait_for_foreign_thread
      begin_anew if @ending.nil? || (@ending && Thread.current == Thread.main)
      unless !@ending && Thread.list.any? { |thread| thread.name == DISPATCHER && thread.status != "aborting" }
        Thread.current.report_on_exception = false if @ending # or each that is cut off would say so
        raise ThreadError, "ruby-ffi takes no calls from foreign threads now: its thread was killed, or left by fork"
      end

      begin
        @waiting[Thread.current] = true
        yield
      ensure
        @waiting.delete(Thread.current)
      end
    end

    # Has `end_program` called when the program ends: after the `at_exit` that runs now, if that is where it works.
    def self.begin_anew
      @ending = false
      at_exit { end_program }
    end

    # Before Ruby kills all threads: no call from a foreign thread may wait for its answer then. Blocks that run for
    # one are killed, and what would be called next is told to stop.
    def self.end_program
      @ending = true
      while @waiting.keys.any? { |thread| thread.alive? && thread != Thread.current }
        (@answering.keys | Watchers.telling.keys).each { |thread| thread.kill unless thread == Thread.current }
        sleep 0.001
      end
    end
    private_class_method :begin_anew, :end_program

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
