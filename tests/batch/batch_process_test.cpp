// Tests of `batch` in process: files and directories, kills, interrupts, accuracy, exit statuses.
#include "batch_run.hpp"

#include "eventually.hpp"
#include "scale.hpp"
#include "server_process.hpp"

#include "catch.hpp"

#include <algorithm>
#include <csignal>

using namespace sma::test;
namespace fs = std::filesystem;

namespace {

std::size_t lines_in(fs::path const& file) {
    if (!fs::exists(file)) return 0;
    auto const text = read_file(file);
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// A batch that is still running when its results have a few lines.
class running_batch {
public:
    running_batch(fs::path const& images, fs::path const& folder, std::vector<std::string> const& more)
        : process_({server_program(), arguments(images, folder, more), {}, folder / "stdout", folder / "stderr"}) {
        auto const out = folder / "out.jsonl";
        REQUIRE(eventually([&] { return lines_in(out) >= 5; }, patience));
    }
    void signal(int number) const { process_.signal(number); }
    std::optional<int> wait() { return process_.wait(patience); }

private:
    static std::vector<std::string> arguments(fs::path const& images, fs::path const& folder,
                                              std::vector<std::string> more) {
        more.insert(more.begin(), {"batch", images.string(), "--out", (folder / "out.jsonl").string()});
        return narrow(std::move(more));
    }
    process process_;
};

constexpr int many = scaled(1'000, 200);

}  // namespace

TEST_CASE("Whatever is in a directory, every file gets one record") {
    temporary_folder const folder;
    auto const in = folder / "in";
    fs::create_directories(in / "deep");
    auto const good = sample_bytes("star-1.jpg");
    write_file(in / "good.jpg", good);
    write_file(in / "deep/duplicate.jpg", good);
    write_file(in / "broken.jpg", good.substr(0, good.size() / 3));
    write_file(in / "text.jpg", "this is no image at all");
    write_file(in / "empty.jpg", "");
    write_file(in / "huge.jpg", good + std::string(200'000, 'x'));
    write_file(in / ".hidden.jpg", good);
    fs::create_symlink("unreadable.jpg", in / "unreadable.jpg");
    fs::create_symlink("vanished", in / "dangling.jpg");
    auto const names = in / "deep/vanishing.jpg";
    auto const ran =
        run_batch(narrow({in.string(), names.string(), "--out", (folder / "out.jsonl").string(), "--summary",
                          (folder / "sum.json").string(), "--max-image-bytes", "100000", "--quiet"}));
    CHECK(ran.status == 1);
    CHECK(ran.output.empty());
    CHECK(verdicts_in(folder / "out.jsonl") ==
          std::map<std::string, std::string>{{"good.jpg", "star"},
                                             {"duplicate.jpg", "star"},
                                             {"broken.jpg", "PREPROCESSING_FAILED"},
                                             {"text.jpg", "UNSUPPORTED_MEDIA_TYPE"},
                                             {"empty.jpg", "EMPTY_FILE"},
                                             {"huge.jpg", "FILE_TOO_LARGE"},
                                             {"unreadable.jpg", "IO_ERROR"},
                                             {"dangling.jpg", "IO_ERROR"},
                                             {"vanishing.jpg", "IO_ERROR"}});
    auto const summary = json_in(folder / "sum.json");
    CHECK(summary.at("classified") == 2);
    CHECK(summary.at("failed") == 7);
    CHECK(summary.at("errors").at("IO_ERROR") == 3);
}

TEST_CASE("After kill -9, --resume does the rest and nothing twice") {
    temporary_folder const folder;
    auto const images = folder_of_images(folder.path(), many);
    auto const out = folder / "out.jsonl";
    {
        running_batch killed(images, folder.path(), {"--quiet"});
        killed.signal(SIGKILL);
        CHECK(killed.wait() == 128 + SIGKILL);
    }
    auto const before = read_file(out);
    REQUIRE(lines_in(out) < static_cast<std::size_t>(many));
    // What a power cut may leave behind a kill does not.
    write_file(out, before + before.substr(0, before.find('\n') / 2));
    auto const resumed = run_batch(narrow({images.string(), "--out", out.string(), "--resume", "--quiet"}));
    CHECK(resumed.status == 0);
    CHECK(read_file(out).starts_with(before.substr(0, before.rfind('\n') + 1)));
    CHECK(verdicts_in(out).size() == static_cast<std::size_t>(many));
}

TEST_CASE("An interrupt finishes what is under way, writes the summary and ends with 130") {
    temporary_folder const folder;
    auto const images = folder_of_images(folder.path(), many);
    running_batch interrupted(images, folder.path(), {"--summary", (folder / "sum.json").string()});
    interrupted.signal(SIGINT);
    CHECK(interrupted.wait() == 130);
    auto const records = records_in(folder / "out.jsonl");
    auto const summary = json_in(folder / "sum.json");
    CHECK(summary.at("interrupted") == true);
    CHECK(summary.at("files") == records.size());
    CHECK(records.size() < static_cast<std::size_t>(many));
}

TEST_CASE("Accuracy is judged by file names, directories and lists") {
    temporary_folder const folder;
    auto const sum = (folder / "sum.json").string();
    auto const samples = sample("star-1.jpg").parent_path();
    CHECK(run_batch(narrow({samples.string(), "--glob", "*.jpg", "--expect-from", "filename", "--summary", sum,
                            "--quiet", "--top-k", "1"}))
              .status == 0);
    auto const by_name = json_in(sum).at("accuracy");
    CHECK(by_name.at("judged") == 14);
    CHECK(by_name.at("top_1").to_number<double>() >= 0.9);
    CHECK(by_name.at("top_5").to_number<double>() >= by_name.at("top_1").to_number<double>());

    auto const star = sample("star-1.jpg").string();
    write_file(folder / "labels.tsv", star + "\tring\n");
    CHECK(run_batch(narrow({star, "--expect", (folder / "labels.tsv").string(), "--summary", sum, "--quiet"})).status ==
          0);
    auto const wrong = json_in(sum).at("accuracy");
    CHECK(wrong.at("top_1").to_number<double>() == 0);
    CHECK(wrong.at("confusions").at(0).at("expected") == "ring");
    CHECK(wrong.at("confusions").at(0).at("predicted") == "star");
}

TEST_CASE("On a pipe results are JSON lines, and names come from standard input") {
    temporary_folder const folder;
    auto const script = "printf '%s\\n' '" + sample("star-1.jpg").string() + "' '" + sample("ring-1.jpg").string() +
                        "' | '" + server_program().string() + "' batch - --quiet --top-k 2 --weights '" +
                        narrow_weights().string() + "'";
    auto const ran = run_command("/bin/sh", {"-c", script});
    CHECK(ran.status == 0);
    write_file(folder / "out", ran.output);
    CHECK(verdicts_in(folder / "out") ==
          std::map<std::string, std::string>{{"star-1.jpg", "star"}, {"ring-1.jpg", "ring"}});
    CHECK(records_in(folder / "out").front().at("predictions").as_array().size() == 2);
}

TEST_CASE("Wrong usage and a missing model end with 2 and one line that says why") {
    temporary_folder const folder;
    auto const star = sample("star-1.jpg").string();
    std::vector<std::vector<std::string>> const wrong{
        {},
        {star, "--shard", "3/3"},
        {star, "--out", "x.xml"},
        {star, "--resume"},
        {star, "--image", star},
        {star, "--requests", "5"},
        {star, "--url", "https://127.0.0.1"},
        {star, "--header", "nonsense"},
        {star, "--expect", "/nonexistent"},
        {star, "--top-k", "11"},
        {star, "--weights", "/nonexistent.safetensors"},
        {star, "--nonsense"},
        {star, "--url", "http://127.0.0.1:1", "--retries", "0"},
    };
    for (auto const& arguments : wrong) {
        auto const ran = run_batch(arguments);
        INFO(ran.errors);
        CHECK(ran.status == 2);
        CHECK(!ran.errors.empty());
        CHECK(ran.output.empty());
    }
}
