// The jobs in Go, on hdrhistogram-go: jobs LINE. README.md of the folder above says what is asked and answered.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

const highest = 3_600_000_000_000

var names = []string{"record", "p99", "encode", "decode", "merge", "replay", "replay_tags"}

// A job: what is timed, what it must have come to, and the histograms it makes.
type job struct {
	work   func() error
	check  func() (int64, error)
	answer func() (map[string]*hdr.Histogram, error)
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		tokens, err := reply(strings.Fields(in.Text()))
		if err != nil {
			fmt.Println("err", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Println("ok " + strings.Join(tokens, " "))
	}
}

func reply(request []string) ([]string, error) {
	switch {
	case len(request) == 1 && request[0] == "hello":
		return []string{hexed(os.Args[1]), "x", hexed(runtime.Version() + "; hdrhistogram-go " + version())}, nil
	case len(request) == 1 && request[0] == "shapes":
		tokens := []string{strconv.Itoa(len(names))}
		for _, name := range names {
			tokens = append(tokens, name, "x")
		}
		return tokens, nil
	case len(request) == 1 && request[0] == "stats":
		return []string{"0"}, nil
	case len(request) == 5 && request[0] == "time":
		return timed(request[1:])
	case len(request) == 3 && request[0] == "answer":
		return answer(request[1], request[2])
	}
	return nil, fmt.Errorf("unknown request %q", request)
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if strings.HasSuffix(module.Path, "/hdrhistogram-go") {
			return module.Version
		}
	}
	return "unknown"
}

func timed(request []string) ([]string, error) {
	var numbers [3]int
	for i, token := range request[1:] {
		number, err := strconv.Atoi(token)
		if err != nil {
			return nil, err
		}
		numbers[i] = number
	}
	n, iterations, batches := numbers[0], numbers[1], numbers[2]
	job, err := jobOf(request[0], n)
	if err != nil {
		return nil, err
	}
	tokens := []string{strconv.Itoa(batches)}
	for range batches {
		start := time.Now()
		for range iterations {
			if err := job.work(); err != nil {
				return nil, err
			}
		}
		tokens = append(tokens, strconv.FormatInt(time.Since(start).Nanoseconds(), 10))
	}
	check, err := job.check()
	return append(tokens, strconv.FormatInt(check, 10)), err
}

func answer(name, size string) ([]string, error) {
	n, err := strconv.Atoi(size)
	if err != nil {
		return nil, err
	}
	job, err := jobOf(name, n)
	if err != nil {
		return nil, err
	}
	if name == "record" || name == "merge" {
		if err := job.work(); err != nil {
			return nil, err
		}
	}
	found, err := job.answer()
	if err != nil {
		return nil, err
	}
	if name == "p99" {
		return []string{strconv.FormatInt(found[""].ValueAtPercentile(99), 10)}, nil
	}
	tokens := []string{strconv.Itoa(len(found))}
	for tag, histogram := range found {
		text, err := histogram.Encode(hdr.V2CompressedEncodingCookieBase)
		if err != nil {
			return nil, err
		}
		bytes, err := base64.StdEncoding.DecodeString(string(text))
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, hexed(tag), "x"+hex.EncodeToString(bytes))
	}
	return tokens, nil
}

// Results end here, so that no compiler leaves the work out.
var sink any
var sunk int64

func jobOf(name string, n int) (*job, error) {
	values, err := numbers(n)
	if err != nil {
		return nil, err
	}
	filled := hdr.New(1, highest, 3)
	if err := record(filled, values); err != nil {
		return nil, err
	}
	one := func() (map[string]*hdr.Histogram, error) { return map[string]*hdr.Histogram{"": filled}, nil }
	switch name {
	case "record":
		histogram := hdr.New(1, highest, 3)
		return &job{
			work:   func() error { return record(histogram, values) },
			check:  func() (int64, error) { return histogram.TotalCount(), nil },
			answer: func() (map[string]*hdr.Histogram, error) { return map[string]*hdr.Histogram{"": histogram}, nil },
		}, nil
	case "p99":
		first := filled.ValueAtPercentile(99)
		work := func() error { sunk = filled.ValueAtPercentile(99); return nil }
		check := func() (int64, error) {
			if sunk == first {
				return 1, nil
			}
			return 0, nil
		}
		return &job{work, check, one}, nil
	case "encode":
		work := func() (err error) { sink, err = filled.Encode(hdr.V2CompressedEncodingCookieBase); return }
		check := func() (int64, error) { return countOf(sink.([]byte)) }
		return &job{work, check, one}, nil
	case "decode":
		text, err := filled.Encode(hdr.V2CompressedEncodingCookieBase)
		if err != nil {
			return nil, err
		}
		work := func() (err error) { sink, err = hdr.Decode(text); return }
		answer := func() (map[string]*hdr.Histogram, error) {
			histogram, err := hdr.Decode(text)
			return map[string]*hdr.Histogram{"": histogram}, err
		}
		return &job{work, func() (int64, error) { return countOf(text) }, answer}, nil
	case "merge":
		into := filled.Clone()
		return &job{
			work:   func() error { into.Merge(filled); return nil },
			check:  func() (int64, error) { return into.TotalCount(), nil },
			answer: func() (map[string]*hdr.Histogram, error) { return map[string]*hdr.Histogram{"": into}, nil },
		}, nil
	case "replay":
		return replayJob("plain.hlog"), nil
	case "replay_tags":
		return replayJob("tagged.hlog"), nil
	}
	return nil, fmt.Errorf("no job %s", name)
}

func record(histogram *hdr.Histogram, values []int64) error {
	for _, value := range values {
		if err := histogram.RecordValue(value); err != nil {
			return err
		}
	}
	return nil
}

func countOf(text []byte) (int64, error) {
	histogram, err := hdr.Decode(text)
	if err != nil {
		return 0, err
	}
	return histogram.TotalCount(), nil
}

func replayJob(name string) *job {
	path := filepath.Join(os.Getenv("TOLL_PEERS"), name)
	check := func() (int64, error) {
		sums, err := replay(path)
		var total int64
		for _, sum := range sums {
			total += sum.TotalCount()
		}
		return total, err
	}
	work := func() (err error) { sink, err = replay(path); return }
	return &job{work, check, func() (map[string]*hdr.Histogram, error) { return replay(path) }}
}

func replay(path string) (map[string]*hdr.Histogram, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	sums := map[string]*hdr.Histogram{}
	reader := hdr.NewHistogramLogReader(file)
	for {
		interval, err := reader.NextIntervalHistogram()
		// It answers nothing at the end, or io.EOF.
		if err == io.EOF || err == nil && interval == nil {
			return sums, nil
		}
		if err != nil {
			return nil, err
		}
		if sum := sums[interval.Tag()]; sum != nil {
			sum.Merge(interval)
		} else {
			sums[interval.Tag()] = interval
		}
	}
}

func numbers(n int) ([]int64, error) {
	text, err := os.ReadFile(filepath.Join(os.Getenv("TOLL_PEERS"), "values"))
	if err != nil {
		return nil, err
	}
	values := make([]int64, 0, n)
	for line := range strings.Lines(string(text)) {
		if len(values) == n {
			break
		}
		value, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, nil
}

func hexed(text string) string {
	return "x" + hex.EncodeToString([]byte(text))
}
