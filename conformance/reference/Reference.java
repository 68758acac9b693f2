import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;
import org.HdrHistogram.HistogramLogReader;
import org.HdrHistogram.HistogramLogWriter;

/**
 * The reference implementation behind the wire of conformance/README.md: those operations of which it has an opinion.
 * What it refuses is answered `refused TEXT`: its errors are not ours, only that there is one can be compared.
 */
final class Reference {
    private final Map<String, Histogram> histograms = new HashMap<>();
    private final Map<String, SortedMap<String, Histogram>> replays = new HashMap<>();
    private final Map<String, HistogramLogWriter> writers = new HashMap<>();
    private String[] tokens;
    private int at;

    public static void main(String[] arguments) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        var reference = new Reference();
        for (String line; (line = in.readLine()) != null; ) {
            out.println(reference.answer(line));
        }
    }

    private String answer(String line) {
        tokens = line.split(" ");
        at = 0;
        try {
            List<String> reply = call(next());
            if (at != tokens.length) {
                return "refused tokens left over";
            }
            return reply.isEmpty() ? "ok" : "ok " + String.join(" ", reply);
        } catch (Exception | OutOfMemoryError error) {
            return "refused " + error.toString().replace('\n', ' ');
        }
    }

    private List<String> call(String operation) throws Exception {
        switch (operation) {
            case "reset" -> histograms.clear();
            case "new" -> histograms.put(next(), new Histogram(integer(), integer(), (int) integer()));
            case "clone" -> {
                Histogram histogram = histogram();
                histograms.put(next(), histogram);
            }
            case "record" -> histogram().recordValue(integer());
            case "record_n" -> histogram().recordValueWithCount(integer(), integer());
            case "record_all" -> {
                Histogram histogram = histogram();
                for (long n = integer(); n > 0; n--) {
                    histogram.recordValue(integer());
                }
            }
            case "merge" -> histogram().add(histogram().copy());
            case "set_tag" -> {
                Histogram histogram = histogram();
                String tag = string();
                histogram.setTag(tag.isEmpty() ? null : tag);
            }
            case "auto_resize" -> histogram().setAutoResize(true);
            case "log_create" -> {
                String name = next();
                var writer = new HistogramLogWriter(string());
                long start = (long) (number() * 1000);
                writer.outputLogFormatVersion();
                writer.outputComment("[Logged by HdrHistogram 2.2.2]");
                writer.outputStartTime(start);
                writer.outputBaseTime(start);
                writer.outputLegend();
                writers.put(name, writer);
            }
            case "log_write" -> {
                HistogramLogWriter writer = writers.get(next());
                Histogram histogram = histogram();
                double start = number();
                writer.outputIntervalHistogram(start, start + number(), histogram);
            }
            case "log_close" -> writers.remove(next()).close();
            case "replay" -> {
                String name = next();
                var sums = replay(Path.of(string()));
                replays.put(name, sums);
                if (!next().equals("all")) {
                    throw new UnsupportedOperationException("progress");
                }
                var reply = new ArrayList<>(List.of("finished", text(sums.size())));
                sums.forEach((tag, sum) -> {
                    reply.add("x" + HexFormat.of().formatHex(tag.getBytes(StandardCharsets.UTF_8)));
                    reply.add(text(sum.getTotalCount()));
                });
                return reply;
            }
            case "replayed" -> {
                var sums = replays.get(next());
                Histogram sum = sums.get(string());
                histograms.put(next(), sum);
            }
            case "decode" -> histograms.put(next(), decode(bytes()));
            case "recode" -> {
                byte[] encoded = encode(histogram());
                histograms.put(next(), decode(encoded));
            }
            default -> {
                return read(operation, histogram());
            }
        }
        return List.of();
    }

    /** Sums by tag; each is as fine as the finest of its histograms and grows as it must. */
    private static SortedMap<String, Histogram> replay(Path path) throws Exception {
        byte[] bytes = Files.readAllBytes(path);
        boolean gzip = bytes.length > 1 && bytes[0] == 0x1f && bytes[1] == (byte) 0x8b;
        InputStream in = new ByteArrayInputStream(bytes);
        var reader = new HistogramLogReader(gzip ? new GZIPInputStream(in) : in);
        var sums = new TreeMap<String, Histogram>();
        while (reader.hasNext()) {
            var interval = (Histogram) reader.nextIntervalHistogram();
            if (interval == null) {
                continue;
            }
            String tag = interval.getTag() == null ? "" : interval.getTag();
            Histogram sum = sums.get(tag);
            if (sum == null) {
                sums.put(tag, interval);
                continue;
            }
            var both = new Histogram(
                Math.min(sum.getLowestDiscernibleValue(), interval.getLowestDiscernibleValue()),
                Math.max(sum.getHighestTrackableValue(), interval.getHighestTrackableValue()),
                Math.max(sum.getNumberOfSignificantValueDigits(), interval.getNumberOfSignificantValueDigits()));
            both.setAutoResize(true);
            both.add(sum);
            both.add(interval);
            sums.put(tag, both);
        }
        return sums;
    }

    private List<String> read(String operation, Histogram h) {
        return switch (operation) {
            case "config" -> List.of(
                text(h.getLowestDiscernibleValue()),
                text(h.getHighestTrackableValue()),
                text(h.getNumberOfSignificantValueDigits()));
            case "len" -> List.of(text(h.getTotalCount()));
            case "is_empty" -> List.of(String.valueOf(h.getTotalCount() == 0));
            case "min" -> option(h, () -> List.of(text(h.getMinValue())));
            case "max" -> option(h, () -> List.of(text(h.getMaxValue())));
            case "mean" -> option(h, () -> List.of(text(h.getMean())));
            case "stdev" -> option(h, () -> List.of(text(h.getStdDeviation())));
            case "value_at_quantile" -> {
                double quantile = number();
                yield option(h, () -> List.of(text(atQuantile(h, quantile))));
            }
            case "values_at_quantiles" -> {
                var values = new ArrayList<String>();
                values.add(next());
                for (long n = Long.parseLong(values.get(0)); n > 0; n--) {
                    values.add(text(atQuantile(h, number())));
                }
                yield option(h, () -> values);
            }
            case "summary" -> option(h, () -> List.of(
                text(h.getTotalCount()), text(h.getMinValue()), text(h.getMaxValue()),
                text(h.getMean()), text(h.getStdDeviation()),
                text(atQuantile(h, 0.5)), text(atQuantile(h, 0.9)),
                text(atQuantile(h, 0.99)), text(atQuantile(h, 0.999))));
            case "buckets" -> buckets(scan(h));
            case "render" -> {
                var text = new ByteArrayOutputStream();
                h.outputPercentileDistribution(new PrintStream(text), (int) integer(), number());
                yield List.of("x" + HexFormat.of().formatHex(text.toByteArray()));
            }
            case "encode" -> List.of("x" + HexFormat.of().formatHex(encode(h)));
            case "encode_plain" -> List.of("x" + HexFormat.of().formatHex(encodePlain(h)));
            default -> throw new UnsupportedOperationException(operation);
        };
    }

    private Iterable<HistogramIterationValue> scan(Histogram h) {
        String kind = next();
        return switch (kind) {
            case "recorded" -> h.recordedValues();
            case "linear" -> h.linearBucketValues(integer());
            case "logarithmic" -> h.logarithmicBucketValues(integer(), number());
            case "quantiles" -> h.percentiles((int) integer());
            default -> throw new UnsupportedOperationException(kind);
        };
    }

    private static List<String> buckets(Iterable<HistogramIterationValue> scan) {
        var reply = new ArrayList<String>();
        for (HistogramIterationValue step : scan) {
            reply.add(text(step.getValueIteratedTo()));
            reply.add(text(step.getCountAddedInThisIterationStep()));
            reply.add(text(step.getTotalCountToThisValue()));
        }
        reply.add(0, text(reply.size() / 3));
        return reply;
    }

    private static long atQuantile(Histogram h, double quantile) {
        return h.getValueAtPercentile(quantile * 100.0);
    }

    private static byte[] encode(Histogram h) {
        var buffer = ByteBuffer.allocate(h.getNeededByteBufferCapacity());
        int length = h.encodeIntoCompressedByteBuffer(buffer, Deflater.DEFAULT_COMPRESSION);
        return Arrays.copyOf(buffer.array(), length);
    }

    private static byte[] encodePlain(Histogram h) {
        var buffer = ByteBuffer.allocate(h.getNeededByteBufferCapacity());
        return Arrays.copyOf(buffer.array(), h.encodeIntoByteBuffer(buffer));
    }

    private static Histogram decode(byte[] bytes) throws Exception {
        var buffer = ByteBuffer.wrap(bytes);
        boolean plain = bytes.length >= 4 && buffer.getInt(0) == 0x1c849313;
        return plain ? Histogram.decodeFromByteBuffer(buffer, 0) : Histogram.decodeFromCompressedByteBuffer(buffer, 0);
    }

    private static List<String> option(Histogram h, Supplier<List<String>> some) {
        if (h.getTotalCount() == 0) {
            return List.of("none");
        }
        var reply = new ArrayList<>(List.of("some"));
        reply.addAll(some.get());
        return reply;
    }

    private static String text(long value) {
        return Long.toString(value);
    }

    private static String text(double value) {
        return String.format("d%016x", Double.doubleToLongBits(value));
    }

    private String next() {
        return tokens[at++];
    }

    private Histogram histogram() {
        return histograms.get(next());
    }

    private long integer() {
        return Long.parseLong(next());
    }

    private double number() {
        return Double.longBitsToDouble(Long.parseUnsignedLong(next().substring(1), 16));
    }

    private String string() {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    private byte[] bytes() {
        return HexFormat.of().parseHex(next().substring(1));
    }
}
