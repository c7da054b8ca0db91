// Inference over gRPC beside the same over HTTP: closed loops against one running server, in turns. Prints one line of
// JSON.
//   bench_grpc --grpc HOST:PORT --port N --photos FOLDER [--model NAME] [--concurrency N] [--seconds S] [--rounds N]
// Both send each photo as an element of BYTES in binary, and get logits and probabilities in binary. Each round
// measures both, for as many seconds; a figure is the median of the rounds.
#include "inference.pb.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/credentials.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using clock_type = std::chrono::steady_clock;

struct options {
    std::string grpc;
    unsigned short port = 0;
    std::string photos;
    std::string model = "resnet50";
    std::size_t concurrency = 16;
    double seconds = 10;
    int rounds = 3;
};

options parse(int argc, char** argv) {
    options o;
    for (int i = 1; i + 1 < argc; i += 2) {
        std::string const name = argv[i];
        std::string const value = argv[i + 1];
        if (name == "--grpc") o.grpc = value;
        if (name == "--port") o.port = static_cast<unsigned short>(std::stoi(value));
        if (name == "--photos") o.photos = value;
        if (name == "--model") o.model = value;
        if (name == "--concurrency") o.concurrency = std::stoul(value);
        if (name == "--seconds") o.seconds = std::stod(value);
        if (name == "--rounds") o.rounds = std::stoi(value);
    }
    if (o.grpc.empty() || o.port == 0 || o.photos.empty())
        throw std::runtime_error("--grpc, --port and --photos, please");
    return o;
}

/// Each photo as the bytes of a BYTES tensor of one element.
std::vector<std::string> read_tensors(std::string const& folder) {
    std::vector<std::filesystem::path> paths;
    for (auto const& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> tensors;
    for (auto const& path : paths) {
        std::ifstream file(path, std::ios::binary);
        std::string const bytes((std::istreambuf_iterator<char>(file)), {});
        auto const length = static_cast<std::uint32_t>(bytes.size());
        tensors.emplace_back(reinterpret_cast<char const*>(&length), sizeof length);
        tensors.back() += bytes;
    }
    if (tensors.empty()) throw std::runtime_error("no photos in " + folder);
    return tensors;
}

/// What the requests of one measurement took.
class tally {
public:
    explicit tally(double seconds)
        : end_(clock_type::now() +
               std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>(seconds))),
          seconds_(seconds) {}

    bool is_over() const { return clock_type::now() >= end_; }
    std::size_t next(std::size_t count) { return sent_++ % count; }
    void add(clock_type::time_point begun) {
        auto const now = clock_type::now();
        if (now < end_) milliseconds_.push_back(std::chrono::duration<double, std::milli>(now - begun).count());
    }
    double rate() const { return static_cast<double>(milliseconds_.size()) / seconds_; }
    double p50() {
        if (milliseconds_.empty()) throw std::runtime_error("no answer in time");
        auto const middle = milliseconds_.begin() + static_cast<std::ptrdiff_t>(milliseconds_.size() / 2);
        std::nth_element(milliseconds_.begin(), middle, milliseconds_.end());
        return *middle;
    }

private:
    clock_type::time_point const end_;
    double const seconds_;
    std::size_t sent_ = 0;
    std::vector<double> milliseconds_;
};

class grpc_load {
public:
    grpc_load(options const& o, std::vector<std::string> const& tensors)
        : concurrency_(o.concurrency), stub_(::grpc::CreateChannel(o.grpc, ::grpc::InsecureChannelCredentials())) {
        for (auto const& tensor : tensors) {
            inference::ModelInferRequest request;
            request.set_model_name(o.model);
            auto& input = *request.add_inputs();
            input.set_name("image");
            input.set_datatype("BYTES");
            input.add_shape(1);
            request.add_raw_input_contents(tensor);
            bool own = false;
            requests_.emplace_back();
            ::grpc::SerializationTraits<inference::ModelInferRequest>::Serialize(request, &requests_.back(), &own);
        }
    }

    void run(tally& t) {
        for (std::size_t i = 0; i < concurrency_; ++i) begin(t);
        void* tag = nullptr;
        bool ok = false;
        for (auto live = concurrency_; live > 0 && queue_.Next(&tag, &ok);) {
            std::unique_ptr<call> const done(static_cast<call*>(tag));
            inference::ModelInferResponse answer;
            if (!done->status.ok()) throw std::runtime_error("gRPC: " + done->status.error_message());
            ::grpc::SerializationTraits<inference::ModelInferResponse>::Deserialize(&done->answer, &answer);
            if (answer.raw_output_contents_size() != 2) throw std::runtime_error("gRPC: not the answer");
            t.add(done->begun);
            if (t.is_over())
                --live;
            else
                begin(t);
        }
    }

private:
    struct call {
        ::grpc::ClientContext context;
        ::grpc::ByteBuffer answer;
        ::grpc::Status status;
        clock_type::time_point begun = clock_type::now();
        std::unique_ptr<::grpc::GenericClientAsyncResponseReader> reader;
    };

    void begin(tally& t) {
        auto next = std::make_unique<call>();
        next->reader = stub_.PrepareUnaryCall(&next->context, "/inference.GRPCInferenceService/ModelInfer",
                                              requests_[t.next(requests_.size())], &queue_);
        next->reader->StartCall();
        auto* const c = next.release();
        c->reader->Finish(&c->answer, &c->status, c);
    }

    std::size_t const concurrency_;
    ::grpc::GenericStub stub_;
    ::grpc::CompletionQueue queue_;
    std::vector<::grpc::ByteBuffer> requests_;
};

class http_load {
public:
    http_load(options const& o, std::vector<std::string> const& tensors) : concurrency_(o.concurrency), port_(o.port) {
        for (auto const& tensor : tensors) {
            auto const json =
                R"({"parameters":{"binary_data_output":true},"inputs":[{"name":"image","datatype":"BYTES",)"
                R"("shape":[1],"parameters":{"binary_data_size":)" +
                std::to_string(tensor.size()) + "}}]}";
            requests_.emplace_back(http::verb::post, "/v2/models/" + o.model + "/infer", 11);
            auto& request = requests_.back();
            request.set(http::field::host, "127.0.0.1");
            request.set("Inference-Header-Content-Length", std::to_string(json.size()));
            request.body() = json + tensor;
            request.prepare_payload();
        }
    }

    void run(tally& t) {
        asio::io_context io{1};
        for (std::size_t i = 0; i < concurrency_; ++i)
            asio::co_spawn(io, serve(io, t), [](std::exception_ptr e) {
                if (e) std::rethrow_exception(e);
            });
        io.run();
    }

private:
    asio::awaitable<void> serve(asio::io_context& io, tally& t) {
        boost::beast::tcp_stream stream(io);
        asio::ip::tcp::endpoint const server(asio::ip::address_v4::loopback(), port_);
        co_await stream.async_connect(server, asio::use_awaitable);
        stream.socket().set_option(asio::ip::tcp::no_delay(true));
        boost::beast::flat_buffer buffer;
        while (!t.is_over()) {
            auto const begun = clock_type::now();
            auto const& request = requests_[t.next(requests_.size())];
            co_await http::async_write(stream, request, asio::use_awaitable);
            http::response<http::string_body> answer;
            co_await http::async_read(stream, buffer, answer, asio::use_awaitable);
            if (answer.result() != http::status::ok) throw std::runtime_error("HTTP: " + answer.body());
            t.add(begun);
        }
    }

    std::size_t const concurrency_;
    unsigned short const port_;
    std::vector<http::request<http::string_body>> requests_;
};

struct figures {
    std::vector<double> rates;
    std::vector<double> p50s;
};

template <class Load>
void measure(Load& load, double seconds, figures& to) {
    tally t(seconds);
    load.run(t);
    to.rates.push_back(t.rate());
    to.p50s.push_back(t.p50());
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) try {
    auto const o = parse(argc, argv);
    auto const tensors = read_tensors(o.photos);
    grpc_load over_grpc(o, tensors);
    http_load over_http(o, tensors);
    tally warm_up(1);
    over_grpc.run(warm_up);
    tally another(1);
    over_http.run(another);
    figures grpc, http;
    for (int round = 0; round < o.rounds; ++round) {
        measure(over_grpc, o.seconds, grpc);
        measure(over_http, o.seconds, http);
    }
    std::printf(
        "{\"concurrency\": %zu, \"seconds\": %.1f, \"rounds\": %d, \"grpc\": {\"per_s\": %.1f, \"p50_ms\": %.2f}, "
        "\"http\": {\"per_s\": %.1f, \"p50_ms\": %.2f}, \"per_s_ratio\": %.3f, \"p50_ratio\": %.3f}\n",
        o.concurrency, o.seconds, o.rounds, median(grpc.rates), median(grpc.p50s), median(http.rates),
        median(http.p50s), median(grpc.rates) / median(http.rates), median(grpc.p50s) / median(http.p50s));
    std::fflush(stdout);
    std::_Exit(EXIT_SUCCESS);
} catch (std::exception const& e) {
    std::fprintf(stderr, "bench_grpc: %s\n", e.what());
    return EXIT_FAILURE;
}
