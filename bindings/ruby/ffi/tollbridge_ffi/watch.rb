# frozen_string_literal: true

module TollbridgeFFI
  # Stands for a watcher, and can end it. It keeps nothing alive; dropping it ends nothing.
  class Watch
    # @api private
    def self.of(native) = new(native)
    private_class_method :new

    class << self
      undef_method :allocate
    end

    def initialize(native)
      @native = native
    end

    def initialize_copy(_) = raise(TypeError, "can't copy #{self.class}")

    # Ends the watch; whether this call did: false if it had ended before, by whatever way.
    #
    # It may be called from anywhere, also inside the watcher, and when the histogram is closed or poisoned. No call
    # begins afterwards; one that runs on another thread ends later, and then the callable is let go of.
    def unwatch
      ended = FFI::MemoryPointer.new(:bool)
      Callbacks.undisturbed { Native.check(@native.use { |watch| Native.tb_watch_end(watch, ended) }) }
      ended.read(:bool)
    end
  end

  # Stored callbacks: C keeps a key in place of the callable, and the trampolines find it by that.
  #
  # Every reference between Ruby objects is one that the collector sees: all handles of one histogram refer to the
  # Watchers that own its callables. Only the trampolines' way there is weak, so that a block which refers to its own
  # histogram goes with it: a key leads to the token of its Watchers until C lets go of it, and the token leads on for
  # as long as they live.
  class Watchers
    @tokens = {}
    @homes = ObjectSpace::WeakMap.new
    @telling = {}.compare_by_identity
    @killed = []

    class << self
      # The threads that are inside a watcher.
      attr_reader :telling

      # Has a token lead to its Watchers. Once: a WeakMap takes longer each time that it is told of the same.
      def settle(token, home) = @homes[token] = home

      # Has a key found from now on, by the token of its Watchers.
      def found(key, token) = @tokens[key] = token

      # The Watchers that a key belongs to; nil when the collector has them.
      def home(key) = @homes[@tokens[key]]

      # C has let go of the key, and of its callable if there still is one.
      def let_go(key)
        home = home(key)
        @tokens.delete(key)
        home&.let_go(key)
      end

      # Tells of what a watcher raised, as Thread#report_on_exception does: who records is not to blame.
      def report(error)
        return @killed.keep_if(&:alive?) << Thread.current if error.is_a?(ThreadKilled)

        warn("A watcher failed, and goes on: #{error.full_message(highlight: false)}")
      rescue Exception # rubocop:disable Lint/RescueException, Lint/SuppressedException -- Nobody is left to be told.
      end

      # Whether this thread was killed in a watcher, and shall end: it calls no other.
      def killed? = !@killed.empty? && @killed.include?(Thread.current)

      # Ends it then. C has returned.
      def end_thread_if_killed
        return unless killed?

        @killed.delete(Thread.current)
        Callbacks.go_on_with(ThreadKilled.new("killed in a watcher"))
      end
    end

    # By their keys.
    attr_reader :callables

    # What all handles of the histogram weigh.
    attr_reader :weight

    def initialize
      @callables = {}
      @weight = Weight.new(Native::ADJUST_MEMORY_USAGE)
      @token = Object.new
      Watchers.settle(@token, self)
    end

    # The key under which a callable is found from now on.
    def add(callable)
      key = Callbacks.next_key
      @callables[key] = callable
      Watchers.found(key, @token)
      key
    end

    # Of what a watcher records itself nobody is told. Core sees to that for each thread; when it calls from one that is
    # not Ruby's, the watcher runs on another, which is known here only.
    def tell(key, value)
      callable = @callables[key]
      return Native::STOP unless callable
      return Native::GO_ON if Watchers.telling[Thread.current] || Watchers.killed?

      begin
        Watchers.telling[Thread.current] = true
        Callbacks.interruptible { callable.call(value) == :stop } ? Native::STOP : Native::GO_ON
      ensure
        Watchers.telling.delete(Thread.current)
      end
    end

    def let_go(key) = @callables.delete(key)

    REPORT = method(:report)

    # One trampoline a type, which live as long as the process: a collected one would be a crash.
    # They run on whichever thread records; where that is not Ruby's, ruby-ffi starts one for each call.
    TELL = FFI::Function.new(:int32, %i[uintptr_t uint64]) do |key, value|
      Callbacks.guard(Native::GO_ON, REPORT) do
        foreign = Callbacks.ending? && caller(3, 1).to_a.empty? # on a thread that ruby-ffi has made for this call
        foreign ? Native::GO_ON : home(key)&.tell(key, value) || Native::STOP
      end
    end

    # The last call of a watcher has ended.
    LET_GO = FFI::Function.new(:void, [:uintptr_t]) do |key|
      Callbacks.guard(nil, REPORT) { let_go(key) }
    end
  end
  private_constant :Watchers
end
