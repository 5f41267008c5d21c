"""Who may come to the desk: sessions, enrolment and what proves a member."""
