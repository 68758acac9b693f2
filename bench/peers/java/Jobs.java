import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;

/**
 * The jobs in Java, on the reference implementation: `Jobs LINE`.
 * README.md of the folder above says what is asked and answered.
 */
final class Jobs {
    private static final long HIGHEST = 3_600_000_000_000L;
    private static final Path DATA = Path.of(System.getenv("TOLL_PEERS"));
    private static final String[] JOBS = {"record", "p99", "encode", "decode", "merge", "replay", "replay_tags"};

    /** What is timed. */
    private interface Work {
        void run() throws Exception;
    }

    /** What was made of it. */
    private interface Answer {
        Map<String, Histogram> get() throws Exception;
    }

    private interface Check {
        long get() throws Exception;
    }

    private record Job(Work work, Check check, Answer answer) {}

    /** Where results end, so that no compiler leaves the work out. */
    private static Object sink;

    public static void main(String[] arguments) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            String reply;
            try {
                reply = "ok " + reply(arguments[0], line.split(" "));
            } catch (Exception error) {
                reply = "err " + error.toString().replace('\n', ' ');
            }
            System.out.println(reply);
        }
    }

    private static String reply(String id, String[] request) throws Exception {
        return switch (request[0]) {
            case "hello" -> hex(id) + " x " + hex(System.getProperty("java.vm.name") + " "
                + System.getProperty("java.runtime.version") + "; HdrHistogram 2.2.2");
            case "shapes" -> JOBS.length + " " + String.join(" x ", JOBS) + " x";
            case "time" -> time(job(request[1], number(request[2])), number(request[3]), number(request[4]));
            case "answer" -> answer(request[1], number(request[2]));
            case "stats" -> "0";
            default -> throw new IllegalArgumentException("unknown request " + request[0]);
        };
    }

    private static Job job(String name, int n) throws Exception {
        switch (name) {
            case "record": {
                Histogram histogram = create();
                long[] values = numbers(n);
                return new Job(() -> record(histogram, values), histogram::getTotalCount, () -> one(histogram));
            }
            case "p99": {
                Histogram histogram = filled(n);
                long first = histogram.getValueAtPercentile(99);
                // Boxed, like any result that goes into the sink.
                return new Job(() -> sink = histogram.getValueAtPercentile(99),
                    () -> histogram.getValueAtPercentile(99) == first ? 1 : 0, () -> one(histogram));
            }
            case "encode": {
                Histogram histogram = filled(n);
                return new Job(() -> sink = encode(histogram), () -> decode(encode(histogram)).getTotalCount(),
                    () -> one(histogram));
            }
            case "decode": {
                byte[] bytes = encode(filled(n));
                return new Job(() -> sink = decode(bytes), () -> decode(bytes).getTotalCount(),
                    () -> one(decode(bytes)));
            }
            case "merge": {
                Histogram into = filled(n);
                Histogram other = filled(n);
                return new Job(() -> into.add(other), into::getTotalCount, () -> one(into));
            }
            case "replay":
            case "replay_tags": {
                Path path = DATA.resolve(name.equals("replay") ? "plain.hlog" : "tagged.hlog");
                return new Job(() -> sink = replay(path),
                    () -> replay(path).values().stream().mapToLong(Histogram::getTotalCount).sum(),
                    () -> replay(path));
            }
            default:
                throw new IllegalArgumentException("no job " + name);
        }
    }

    private static String time(Job job, int iterations, int batches) throws Exception {
        var reply = new StringBuilder().append(batches);
        for (int batch = 0; batch < batches; batch++) {
            reply.append(' ').append(time(job.work, iterations));
        }
        return reply.append(' ').append(job.check.get()).toString();
    }

    private static long time(Work work, int iterations) throws Exception {
        long start = System.nanoTime();
        for (int i = 0; i < iterations; i++) {
            work.run();
        }
        return System.nanoTime() - start;
    }

    private static String answer(String name, int n) throws Exception {
        if (name.equals("p99")) {
            return Long.toString(filled(n).getValueAtPercentile(99));
        }
        Job job = job(name, n);
        if (name.equals("record") || name.equals("merge")) {
            job.work.run();
        }
        Map<String, Histogram> found = job.answer.get();
        var reply = new StringBuilder().append(found.size());
        for (var entry : found.entrySet()) {
            reply.append(' ').append(hex(entry.getKey()));
            reply.append(" x").append(HexFormat.of().formatHex(encode(entry.getValue())));
        }
        return reply.toString();
    }

    private static Histogram create() {
        return new Histogram(1, HIGHEST, 3);
    }

    private static Histogram filled(int n) throws Exception {
        Histogram histogram = create();
        record(histogram, numbers(n));
        return histogram;
    }

    private static void record(Histogram histogram, long[] values) {
        for (long value : values) {
            histogram.recordValue(value);
        }
    }

    private static byte[] encode(Histogram histogram) {
        ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        return Arrays.copyOf(buffer.array(), histogram.encodeIntoCompressedByteBuffer(buffer));
    }

    private static Histogram decode(byte[] bytes) throws Exception {
        return Histogram.decodeFromCompressedByteBuffer(ByteBuffer.wrap(bytes), 0);
    }

    private static Map<String, Histogram> replay(Path path) throws Exception {
        var sums = new TreeMap<String, Histogram>();
        try (var in = new FileInputStream(path.toFile()); var reader = new HistogramLogReader(in)) {
            for (Histogram interval; (interval = (Histogram) reader.nextIntervalHistogram()) != null; ) {
                String tag = interval.getTag() == null ? "" : interval.getTag();
                Histogram sum = sums.putIfAbsent(tag, interval);
                if (sum != null) {
                    sum.add(interval);
                }
            }
        }
        return sums;
    }

    private static Map<String, Histogram> one(Histogram histogram) {
        return Map.of("", histogram);
    }

    private static long[] numbers(int n) throws Exception {
        try (var lines = Files.lines(DATA.resolve("values"))) {
            return lines.limit(n).mapToLong(Long::parseLong).toArray();
        }
    }

    private static int number(String token) {
        return Integer.parseInt(token);
    }

    private static String hex(String text) {
        return "x" + HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }
}
