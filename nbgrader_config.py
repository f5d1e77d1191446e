"""How nbgrader finds its way in this course: notebooks/ is the source, everything it makes goes into class/."""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 - nbgrader gives this name to the file it reads

COURSE = Path(__file__).resolve().parent
CLASS = COURSE / "class"
CLASS.mkdir(exist_ok=True)  # SQLite makes its file, but not the folder around it
os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))  # nbgrader starts `alembic` by its bare name

c.CourseDirectory.course_id = "performance-tuning"
c.CourseDirectory.root = str(COURSE)
c.CourseDirectory.source_directory = "notebooks"
c.CourseDirectory.release_directory = "class/release"
c.CourseDirectory.submitted_directory = "class/submitted"
c.CourseDirectory.autograded_directory = "class/autograded"
c.CourseDirectory.feedback_directory = "class/feedback"
c.CourseDirectory.solution_directory = "class/solution"
c.CourseDirectory.source_with_tests_directory = "class/source_with_tests"
c.CourseDirectory.db_url = f"sqlite:///{(CLASS / 'gradebook.db').as_posix()}"

# Where students on the same machine fetch and submit. A shared server sets NBGRADER_EXCHANGE to a folder everyone may write to.
EXCHANGE = Path(os.environ.get("NBGRADER_EXCHANGE", CLASS / "exchange"))
if EXCHANGE.parent == CLASS:
    EXCHANGE.mkdir(exist_ok=True)
c.Exchange.root = str(EXCHANGE)

# Submissions as zip files: put STUDENT.zip into class/downloaded/ASSIGNMENT/archive. Their feedback is handed back as files, from
# class/feedback/STUDENT: `nbgrader release_feedback` only knows submissions that came through the exchange, so name those with --student.
c.ZipCollectApp.downloaded_directory = "class/downloaded"
c.ZipCollectApp.strict = True  # notebooks of other names stay out
c.FileNameCollectorPlugin.named_regexp = r".*[\\/]extracted[\\/](?P<student_id>[^\\/]+)[\\/](?:.*[\\/])?(?P<file_id>[^\\/]+)\.ipynb"

c.ExportApp.plugin_class = "nbgrader.plugins.export.CsvExportPlugin"
c.CsvExportPlugin.to = str(CLASS / "grades.csv")

# As shipped, nbgrader shows the hidden tests to every student who reads the feedback, and an empty space for every lab.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "labsupport.grading.feedback.HideTests",
    "labsupport.grading.feedback.ShowPictures",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
