// Tests of `batch` over HTTP, with the real server and with servers that misbehave.
#include "batch_run.hpp"

#include "eventually.hpp"
#include "fake_server.hpp"
#include "scale.hpp"
#include "server_process.hpp"

#include "catch.hpp"

#include <algorithm>
#include <memory>

using namespace sma::test;
using namespace sma::batch::test;

namespace {

std::string url_of(server_process const& server) { return "http://127.0.0.1:" + std::to_string(server.port()); }

}  // namespace

TEST_CASE("Over HTTP the results are those of the engine in process") {
    temporary_folder const folder;
    auto const images = folder_of_images(folder.path(), 40);
    write_file(images / "text.jpg", "no image");
    auto const local = folder / "local.jsonl";
    CHECK(run_batch(narrow({images.string(), "--out", local.string(), "--quiet"})).status == 1);
    auto const remote = folder / "remote.jsonl";
    // A queue far shorter than the concurrency: refusals are waited out.
    server_process const server(narrow({"--max-queue-size", "3", "--max-batch-size", "2"}));
    auto const ran = run_batch({images.string(), "--url", url_of(server), "--concurrency", "16", "--retries", "50",
                                "--out", remote.string(), "--summary", (folder / "sum.json").string(), "--quiet"});
    CHECK(ran.status == 1);
    CHECK(verdicts_in(remote) == verdicts_in(local));
    CHECK(json_in(folder / "sum.json").at("errors").at("UNSUPPORTED_MEDIA_TYPE") == 1);
}

TEST_CASE("A key from a file opens a server that wants one") {
    temporary_folder const folder;
    write_file(folder / "keys", "batch 8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8\n");
    write_file(folder / "key", "alpha\n");
    server_process const server(narrow({"--api-keys-file", (folder / "keys").string()}));
    auto const run = [&](std::vector<std::string> const& more) {
        std::vector<std::string> arguments{sample("star-1.jpg").string(), "--url", url_of(server), "--quiet"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_batch(arguments);
    };
    auto const opened = run({"--api-key-file", (folder / "key").string()});
    INFO(opened.errors);
    CHECK(opened.status == 0);
    CHECK(opened.output.find("\"star\"") != std::string::npos);
    auto const shut = run({});
    CHECK(shut.status == 2);
    CHECK(shut.errors.find("answers 401") != std::string::npos);
}

TEST_CASE("A Unix socket serves as well") {
    temporary_folder const folder;
    auto const socket = (folder / "s.sock").string();
    process const server(
        {server_program(), narrow({"serve", "--unix-socket", socket}), {}, folder / "out", folder / "err"});
    auto const ran = run_batch({sample("star-1.jpg").string(), "--unix-socket", socket, "--quiet", "--retries", "20"});
    INFO(ran.errors);
    CHECK(ran.status == 0);
    CHECK(ran.output.find("\"star\"") != std::string::npos);
}

TEST_CASE("A server that refuses, cuts and stalls does not cost a file") {
    temporary_folder const folder;
    auto const images = folder_of_images(folder.path(), 40);
    fake_server server([](seen_request const& request, int number) {
        if (request.method == "GET") return answer_with(200, "{}");
        switch (number % 12) {
            case 1:
                return error_answer(429, "RATE_LIMITED", "Retry-After: 0\r\n");
            case 4:
                return error_answer(503, "QUEUE_FULL");
            case 7:
                return cut();
            case 10:
                return number < 24 ? stall() : good_answer();
            default:
                return good_answer();
        }
    });
    auto const out = folder / "out.jsonl";
    auto const ran =
        run_batch({images.string(), "--url", server.url(), "--timeout-s", "1", "--api-key", "secret", "--header",
                   "X-Mine: yes", "--out", out.string(), "--summary", (folder / "sum.json").string()});
    INFO(ran.errors);
    CHECK(ran.status == 0);
    CHECK(verdicts_in(out).size() == 40);
    auto const requests = json_in(folder / "sum.json").at("requests");
    CHECK(requests.at("refused").to_number<int>() >= 6);
    CHECK(requests.at("lost").to_number<int>() >= 2);
    auto const head = server.requests().back().head;
    CHECK(head.find("Authorization: Bearer secret") != std::string::npos);
    CHECK(head.find("X-Mine: yes") != std::string::npos);
}

TEST_CASE("cat of three shards equals one whole run") {
    temporary_folder const folder;
    auto const images = folder_of_images(folder.path(), 60);
    fake_server const server([](seen_request const&, int) { return good_answer(); });
    auto const run = [&](std::string const& out, std::vector<std::string> more) {
        more.insert(more.begin(),
                    {images.string(), "--url", server.url(), "--out", (folder / out).string(), "--quiet"});
        CHECK(run_batch(more).status == 0);
        return read_file(folder / out);
    };
    auto const in_shards = [&](std::string const& ending) {
        std::string together;
        for (auto const* shard : {"0/3", "1/3", "2/3"}) together += run(shard[0] + ending, {"--shard", shard});
        return together;
    };
    run("whole.jsonl", {});
    write_file(folder / "cat.jsonl", in_shards(".jsonl"));
    CHECK(verdicts_in(folder / "cat.jsonl") == verdicts_in(folder / "whole.jsonl"));
    CHECK(verdicts_in(folder / "whole.jsonl").size() == 60);

    auto const whole = run("whole.csv", {});
    auto const together = in_shards(".csv");
    CHECK(std::count(together.begin(), together.end(), '\n') == 61);
    CHECK(together.substr(0, together.find('\n')) == whole.substr(0, whole.find('\n')));
    CHECK(together.find("path,", 1) == std::string::npos);
}

TEST_CASE("A server that goes away ends the run with 1, and --resume does the rest") {
    temporary_folder const folder;
    auto const images = folder_of_images(folder.path(), 50);
    auto const out = (folder / "out.jsonl").string();
    auto server = std::make_unique<fake_server>([](seen_request const&, int number) {
        auto r = number > 20 ? stall() : good_answer();
        return r;
    });
    auto const url = server->url();
    process first({server_program(),
                   {"batch", images.string(), "--url", url, "--retries", "1", "--out", out},
                   {},
                   folder / "o",
                   folder / "e"});
    REQUIRE(eventually([&] { return server->requests().size() > 22; }, patience));
    server.reset();
    CHECK(first.wait(patience) == 1);
    CHECK(read_file(folder / "e").find("can no longer be reached") != std::string::npos);
    CHECK(verdicts_in(out).size() < 50);

    fake_server const back([](seen_request const&, int) { return good_answer(); });
    CHECK(run_batch({images.string(), "--url", back.url(), "--resume", "--out", out, "--quiet"}).status == 0);
    CHECK(verdicts_in(out).size() == 50);
}

TEST_CASE("A load of waves is reported wave by wave") {
    temporary_folder const folder;
    server_process const server(narrow());
    auto const ran = run_batch({"--image", sample("star-1.jpg").string(), "--requests", "20", "--concurrency", "4",
                                "--waves", "3", "--url", url_of(server), "--summary", (folder / "sum.json").string()});
    CHECK(ran.status == 0);
    for (auto const* line : {"wave 1: 20 requests", "wave 3: 20 requests", "all: 60 requests"})
        CHECK(ran.output.find(line) != std::string::npos);
    auto const summary = json_in(folder / "sum.json");
    CHECK(summary.at("waves").as_array().size() == 3);
    CHECK(summary.at("classified") == 60);
}

TEST_CASE("predict prints a table of each image") {
    server_process const server(narrow({}));
    auto const star = sample("star-1.jpg").string();
    auto const ran = run_command(
        server_program(), {"predict", star, sample("heart-1.png").string(), "--url", url_of(server), "--top-k", "2"});
    INFO(ran.errors);
    CHECK(ran.status == 0);
    CHECK(std::count(ran.output.begin(), ran.output.end(), '\n') == 6);
    CHECK(ran.output.find(star) == 0);
    CHECK(ran.output.find("star\n") != std::string::npos);
    CHECK(ran.output.find("heart\n") != std::string::npos);
}

TEST_CASE("predict says what went wrong, with an exit status that tells whose fault it is") {
    temporary_folder const folder;
    write_file(folder / "text.jpg", "no image");
    auto const text = (folder / "text.jpg").string();
    server_process const server(narrow({}));
    auto const failed = run_command(server_program(), {"predict", text, "--url", url_of(server)});
    CHECK(failed.status == 1);
    CHECK(failed.output.find("UNSUPPORTED_MEDIA_TYPE") != std::string::npos);
    CHECK(run_command(server_program(), {"predict", text, "--url", "ftp://x"}).status == 2);
    CHECK(run_command(server_program(), {"predict"}).status == 2);
    auto const nobody =
        run_command(server_program(), {"predict", text, "--unix-socket", (folder / "none.sock").string()});
    CHECK(nobody.status == 1);
    CHECK(nobody.errors.find('\n') == nobody.errors.size() - 1);
}
