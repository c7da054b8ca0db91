// Open-loop benchmark: requests at a constant rate, whatever becomes of those before them, and latency counted from the
// moment at which each was planned. Prints one line of JSON.
//   bench_open_loop --port N --rate R --seconds S --photos FOLDER [--target T] [--grace S] [--connections N]
//                   [--sparing yes]
// A request that finds every connection busy waits for one; that wait is part of its latency. Sparing: what is due is
// sent every 2 ms, and this program interrupts nobody when it wakes up. Clients of an overloaded server are many and
// elsewhere; here they share its processors.
#include "load_generator.hpp"

#include <boost/asio/co_spawn.hpp>

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace sma::bench;
using clock_type = std::chrono::steady_clock;

struct options : load_options {
    std::string photos;
    std::string target = "/predict?top_k=5";
    bool sparing = false;
};

options parse(int argc, char** argv) {
    options o;
    for (int i = 1; i + 1 < argc; i += 2) {
        std::string const name = argv[i];
        std::string const value = argv[i + 1];
        if (name == "--port") o.port = static_cast<unsigned short>(std::stoi(value));
        if (name == "--rate") o.rate = std::stod(value);
        if (name == "--seconds") o.seconds = std::stod(value);
        if (name == "--grace") o.grace = std::stod(value);
        if (name == "--connections") o.connections = std::stoul(value);
        if (name == "--photos") o.photos = value;
        if (name == "--target") o.target = value;
        if (name == "--sparing") o.sparing = value == "yes";
    }
    if (o.port == 0 || o.rate <= 0 || o.photos.empty()) throw std::runtime_error("--port, --rate and --photos, please");
    if (o.sparing) o.tick = std::chrono::milliseconds(2);
    return o;
}

void interrupt_nobody() {
    sched_param const parameters{};
    ::sched_setscheduler(0, SCHED_BATCH, &parameters);
}

std::vector<std::string> read_requests(options const& o) {
    std::vector<std::filesystem::path> paths;
    for (auto const& entry : std::filesystem::directory_iterator(o.photos)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> requests;
    for (auto const& path : paths) {
        std::ifstream file(path, std::ios::binary);
        std::string body = "--boundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" +
                           path.filename().string() + "\"\r\nContent-Type: image/jpeg\r\n\r\n";
        body.append(std::istreambuf_iterator<char>(file), {});
        body += "\r\n--boundary--\r\n";
        requests.push_back("POST " + o.target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(o.port) +
                           "\r\nContent-Type: multipart/form-data; boundary=boundary\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\n\r\n" + body);
    }
    if (requests.empty()) throw std::runtime_error("no photos in " + o.photos);
    return requests;
}

double milliseconds(clock_type::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

double quantile(std::vector<double>& values, double q) {
    std::sort(values.begin(), values.end());
    auto const rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
    return values[std::max<std::size_t>(rank, 1) - 1];
}

void print_latencies(char const* name, std::vector<double> values) {
    if (values.empty()) {
        std::printf(", \"%s\": null", name);
        return;
    }
    std::printf(", \"%s\": {\"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, \"max\": %.3f}", name, quantile(values, 0.5),
                quantile(values, 0.9), quantile(values, 0.99), quantile(values, 1));
}

clock_type::duration seconds(double s) {
    return std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>(s));
}

struct summary {
    std::map<int, std::size_t> statuses;
    std::vector<double> good, refused, refused_since_sent, send_lag;  // milliseconds
    std::size_t good_in_window = 0;
    std::size_t answered_well = 0;

    void add(record const& r, clock_type::time_point now) {
        ++statuses[r.status];
        bool const started = r.started != clock_type::time_point{};
        send_lag.push_back(milliseconds((started ? r.started : now) - r.planned));
        // One that was never answered took at least as long as it has been waited for.
        if (r.status == no_answer) good.push_back(milliseconds(now - r.planned));
        if (r.status == 200) {
            ++answered_well;
            good.push_back(milliseconds(r.done - r.planned));
        }
        if (r.refused) {
            refused.push_back(milliseconds(r.done - r.planned));
            refused_since_sent.push_back(milliseconds(r.done - r.started));
        }
    }
};

std::string status_name(int status) {
    return status == no_answer ? "none" : status == lost ? "lost" : std::to_string(status);
}

/// The rate of answers is that of the last four fifths of the time: the first fills the server's queue.
void print(load_generator const& g, options const& o) {
    auto const now = clock_type::now();
    auto const window_start = g.start() + seconds(o.seconds * 0.2);
    auto const window_end = g.start() + seconds(o.seconds);
    summary s;
    for (auto const& r : g.records()) {
        s.add(r, now);
        if (r.status == 200 && r.done >= window_start && r.done < window_end) ++s.good_in_window;
    }
    std::printf("{\"rate\": %.3f, \"seconds\": %.3f, \"requests\": %zu, \"good_per_s\": %.3f, \"statuses\": {", o.rate,
                o.seconds, g.records().size(), static_cast<double>(s.good_in_window) / (o.seconds * 0.8));
    char const* comma = "";
    for (auto const& [status, count] : s.statuses) {
        std::printf("%s\"%s\": %zu", comma, status_name(status).c_str(), count);
        comma = ", ";
    }
    std::printf("}, \"accepted\": %zu, \"answered\": %zu", g.records().size() - s.refused.size(), s.answered_well);
    print_latencies("good_ms", std::move(s.good));
    print_latencies("refused_ms", std::move(s.refused));
    print_latencies("refused_since_sent_ms", std::move(s.refused_since_sent));
    print_latencies("send_lag_ms", std::move(s.send_lag));
    std::printf("}\n");
}

}  // namespace

int main(int argc, char** argv) try {
    auto const o = parse(argc, argv);
    if (o.sparing) interrupt_nobody();
    boost::asio::io_context io{1};
    load_generator g(io, o, read_requests(o));
    boost::asio::co_spawn(io, g.run(), [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
    });
    io.run();
    print(g, o);
    std::fflush(stdout);
    std::_Exit(EXIT_SUCCESS);  // what has not been answered is not waited for
} catch (std::exception const& e) {
    std::fprintf(stderr, "bench_open_loop: %s\n", e.what());
    return EXIT_FAILURE;
}
